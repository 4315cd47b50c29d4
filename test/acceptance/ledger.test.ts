import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { graphql } from './gql/gql.ts';
import { RecordBatch } from './operations.ts';

const Calls = graphql(`
  query Calls($tenantId: ID, $from: DateTime, $to: DateTime, $filters: UsageFilters, $first: Int, $after: String) {
    calls(tenantId: $tenantId, from: $from, to: $to, filters: $filters, first: $first, after: $after) {
      edges {
        cursor
        node {
          requestId
          occurredAt
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`);

describeOnEachDatabase('the list of calls', (kind) => {
  let gateway: TestGateway;
  const call = (requestId: string, minute: number, channelId?: string) => ({
    tenantId: 'acme',
    requestId,
    occurredAt: new Date(Date.UTC(2026, 3, 1, 0, minute)).toISOString(),
    inputTokens: 1,
    outputTokens: 1,
    channelId: channelId ?? null,
  });
  beforeAll(async () => {
    gateway = await startTestGateway(kind);
    await gateway.ask(RecordBatch, {
      inputs: [call('a', 1), call('b', 2, 'web'), call('c', 2), call('d', 2, 'unknown'), call('e', 3)],
    });
    await gateway.ask(RecordBatch, { inputs: [{ ...call('x', 2), tenantId: 'other' }] });
  });
  afterAll(() => gateway.close());

  const ids = async (variables: Parameters<typeof gateway.ask<unknown, object>>[1]) => {
    const { calls } = await gateway.ask(Calls, { tenantId: 'acme', ...variables });
    return calls.edges.map(({ node }) => node.requestId).join('');
  };

  it('is newest first, ties by key', async () => {
    expect(await ids({})).toBe('edcba');
  });

  it('keeps to its window and filters', async () => {
    expect(await ids({ from: '2026-04-01T00:02:00Z', to: '2026-04-01T00:03:00Z' })).toBe('dcb');
    expect(await ids({ filters: { channelId: ['web'] } })).toBe('b');
    expect(await ids({ filters: { channelId: ['unknown'] } })).toBe('edca');
    expect(await ids({ filters: { provider: ['unknown'], channelId: [] } })).toBe('');
  });

  it('is paged, and stays put while calls arrive', async () => {
    const first = await gateway.ask(Calls, { tenantId: 'acme', first: 2 });
    expect(first.calls.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    await gateway.ask(RecordBatch, { inputs: [call('new', 9)] });
    const second = await gateway.ask(Calls, {
      tenantId: 'acme',
      first: 2,
      after: first.calls.pageInfo.endCursor ?? null,
    });
    expect(second.calls.edges.map(({ node }) => node.requestId)).toEqual(['c', 'b']);
    const last = await gateway.ask(Calls, {
      tenantId: 'acme',
      first: 2,
      after: second.calls.pageInfo.endCursor ?? null,
    });
    expect(last.calls.edges.map(({ node }) => node.requestId)).toEqual(['a']);
    expect(last.calls.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it.each([
    '',
    'not a cursor',
    'W10',
    ...['["x","y"]', '["+012345-01-01T00:00:00.000Z","y"]'].map((text) => Buffer.from(text).toString('base64url')),
  ])('refuses the cursor "%s"', async (after) => {
    const { errors } = await gateway.send(Calls, { tenantId: 'acme', after });
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field: 'after' } }]);
  });
});
