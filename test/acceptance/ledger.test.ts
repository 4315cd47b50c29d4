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

describeOnEachDatabase('calls in other orders', (kind) => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway(kind);
    const call = (no: number, costUsd: string | null, durationMs: number | null) => ({
      tenantId: 'acme',
      requestId: `r${no}`,
      inputTokens: 1,
      outputTokens: 1,
      occurredAt: new Date(Date.UTC(2026, 3, 1, 12, no)).toISOString(),
      ...(costUsd === null ? {} : { costUsd }),
      ...(durationMs === null ? {} : { durationMs }),
    });
    await gateway.ask(RecordBatch, {
      inputs: [
        call(0, '0.5', 30),
        call(1, '0.50', 10),
        call(2, null, 20),
        call(3, '0.0000000001', null),
        call(4, '1000000', 30),
        call(5, '0', 9_007_199_254_740_991),
        call(6, null, null),
      ],
    });
  });
  afterAll(() => gateway.close());

  const page = async (args: string): Promise<{ ids: string[]; next: string | null }> => {
    const { data, errors } = await gateway.send<
      { calls: { edges: { node: { requestId: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } },
      object
    >(`{ calls(tenantId: "acme", ${args}) { edges { node { requestId } } pageInfo { hasNextPage endCursor } } }`);
    expect(errors).toEqual([]);
    const { edges, pageInfo } = data.calls;
    return { ids: edges.map(({ node }) => node.requestId), next: pageInfo.hasNextPage ? pageInfo.endCursor : null };
  };
  const everyId = async (args: string, after = ''): Promise<string[]> => {
    const { ids, next } = await page(`${args}, first: 2${after}`);
    return next === null ? ids : [...ids, ...(await everyId(args, `, after: "${next}"`))];
  };

  it.each([
    ['NEWEST_FIRST', ['r6', 'r5', 'r4', 'r3', 'r2', 'r1', 'r0']],
    ['COST_DESC', ['r4', 'r1', 'r0', 'r3', 'r5', 'r6', 'r2']],
    ['DURATION_DESC', ['r5', 'r4', 'r0', 'r2', 'r1', 'r6', 'r3']],
  ])('are by %s, on all pages', async (orderBy, ids) => {
    expect(await everyId(`orderBy: ${orderBy}`)).toEqual(ids);
  });

  it('are only those that cost or take enough', async () => {
    expect(await everyId('minCostUsd: "0.5"')).toEqual(['r4', 'r1', 'r0']);
    expect(await everyId('minDurationMs: 20, orderBy: DURATION_DESC')).toEqual(['r5', 'r4', 'r0', 'r2']);
    expect(await everyId('minDurationMs: 20, minCostUsd: "0.1"')).toEqual(['r4', 'r0']);
  });

  it('do not go on from a cursor of another order, and refuse what is no number', async () => {
    const { next } = await page('first: 1');
    for (const [args, field] of [
      [`orderBy: COST_DESC, after: "${next}"`, 'after'],
      [
        `orderBy: COST_DESC, after: "${Buffer.from('["x","2026-04-01T12:00:00.000Z","r0"]').toString('base64url')}"`,
        'after',
      ],
      ['minDurationMs: -1', 'minDurationMs'],
      ['minCostUsd: "cheap"', 'minCostUsd'],
    ]) {
      const { errors } = await gateway.send(`{ calls(tenantId: "acme", ${args}) { pageInfo { hasNextPage } } }`);
      expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field } }]);
    }
  });

  it('are found one by one', async () => {
    const one = (requestId: string, tenantId = 'acme') =>
      gateway.send(`{ call(tenantId: "${tenantId}", requestId: "${requestId}") { requestId costUsd tenant { id } } }`);
    expect(await one('r1')).toMatchObject({
      errors: [],
      data: { call: { requestId: 'r1', costUsd: '0.5', tenant: { id: 'acme' } } },
    });
    expect((await one('nothing')).errors).toMatchObject([
      { message: "There is no call 'nothing'.", extensions: { code: 'NOT_FOUND', field: 'requestId' } },
    ]);
    expect((await one('r1', 'nowhere')).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  });
});
