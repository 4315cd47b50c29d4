import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { graphql } from './gql/gql.ts';
import { CreateApiKey, Record as RecordCall, Totals, Void } from './operations.ts';

const Everywhere = graphql(`
  query Everywhere($tenantId: ID!) {
    usage(tenantId: $tenantId) {
      totals {
        totalCalls
      }
      buckets {
        stats {
          totalCalls
        }
      }
      byAgent {
        agentId
      }
      byProvider {
        provider
      }
      byModel {
        model
      }
      byChannel {
        channelId
      }
      byUser {
        userId
      }
    }
    calls(tenantId: $tenantId) {
      edges {
        node {
          requestId
          voidedAt
          voidReason
        }
      }
    }
  }
`);

describeOnEachDatabase('a voided call', (kind) => {
  let gateway: TestGateway;
  let now = new Date('2026-05-01T10:00:00Z');
  let no = 0;
  let tenantId: string;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => now });
  });
  afterAll(() => gateway.close());
  beforeEach(() => {
    tenantId = `tenant${++no}`;
  });

  const record = async (requestId: string) =>
    gateway.ask(RecordCall, {
      input: { tenantId, requestId, provider: 'p', model: requestId, inputTokens: 1, outputTokens: 1, costUsd: '1.5' },
    });
  const audit = () =>
    gateway.database.orm.em
      .fork()
      .execute('select actor, action, target, details from audit_event where tenant_id = ? order by id', [tenantId]);

  it('is out of every aggregate at once, and stays in the ledger with reason, time and actor', async () => {
    await record('good');
    await record('bad');
    const { voidUsage } = await gateway.ask(Void, { tenantId, requestId: 'bad', reason: 'sent twice\nby a loop' });
    expect(voidUsage).toEqual({
      requestId: 'bad',
      voidedAt: now.toISOString(),
      voidReason: 'sent twice\nby a loop',
      voidedBy: 'key:environment',
      costUsd: '1.5',
    });
    const { usage, calls } = await gateway.ask(Everywhere, { tenantId });
    expect(usage).toEqual({
      totals: { totalCalls: 1 },
      buckets: [{ stats: { totalCalls: 1 } }],
      byAgent: [{ agentId: null }],
      byProvider: [{ provider: 'p' }],
      byModel: [{ model: 'good' }],
      byChannel: [{ channelId: 'unknown' }],
      byUser: [{ userId: null }],
    });
    expect(calls.edges.map(({ node }) => node)).toEqual([
      { requestId: 'good', voidedAt: null, voidReason: null },
      { requestId: 'bad', voidedAt: now.toISOString(), voidReason: 'sent twice\nby a loop' },
    ]);
    expect(await audit()).toEqual([
      {
        actor: 'key:environment',
        action: 'usage.void',
        target: 'bad',
        details: { reason: 'sent twice\nby a loop' },
      },
    ]);
  });

  it('stays as it was voided first, whoever voids it again, and is audited once', async () => {
    await record('bad');
    const first = await gateway.ask(Void, { tenantId, requestId: 'bad', reason: 'first' });
    now = new Date(now.getTime() + 60_000);
    expect(await gateway.ask(Void, { tenantId, requestId: 'bad', reason: 'second' })).toEqual(first);
    expect(await audit()).toHaveLength(1);
  });

  it('by twenty at once is voided and audited once', async () => {
    await record('bad');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        gateway.ask(Void, { tenantId, requestId: 'bad', reason: `reason ${index}` }),
      ),
    );
    expect(new Set(answers.map(({ voidUsage }) => voidUsage.voidReason)).size).toBe(1);
    expect(await audit()).toHaveLength(1);
  });

  it('keeps its key: sent again it is a duplicate, and does not count', async () => {
    await record('bad');
    await gateway.ask(Void, { tenantId, requestId: 'bad', reason: 'wrong' });
    expect((await record('bad')).recordUsage).toMatchObject({
      outcome: 'DUPLICATE',
      event: { voidedAt: now.toISOString() },
    });
    expect((await gateway.ask(Totals, { tenantId })).usage.totals).toMatchObject({ totalCalls: 0, totalCostUsd: '0' });
  });

  it('may be voided by admins of its tenant and superusers alone', async () => {
    await record('bad');
    const keyOf = async (input: {
      role?: 'TENANT_ADMIN' | 'TENANT_MEMBER';
      scopes?: ('USAGE_READ' | 'USAGE_WRITE')[];
    }) => (await gateway.ask(CreateApiKey, { tenantId, input: { name: 'key', ...input } })).createApiKey.secret;
    for (const input of [
      { role: 'TENANT_MEMBER' as const },
      { scopes: ['USAGE_READ' as const, 'USAGE_WRITE' as const] },
    ]) {
      const { errors } = await gateway.send(Void, { requestId: 'bad', reason: 'no' }, await keyOf(input));
      expect(errors[0]?.extensions.code).toBe('FORBIDDEN');
    }
    const admin = await keyOf({ role: 'TENANT_ADMIN' });
    const foreign = await gateway.send(Void, { tenantId: 'tenant1', requestId: 'bad', reason: 'no' }, admin);
    expect(foreign.errors[0]?.extensions.code).toBe('FORBIDDEN');
    const { voidUsage } = await gateway.ask(Void, { requestId: 'bad', reason: 'yes' }, admin);
    expect(voidUsage.voidedBy).toMatch(/^key:/);
  });

  it.each([
    ['NOT_FOUND', 'requestId', { requestId: 'no-such-call', reason: 'x' }],
    ['VALIDATION_ERROR', 'requestId', { requestId: '', reason: 'x' }],
    ['VALIDATION_ERROR', 'reason', { requestId: 'good', reason: ' \n' }],
    ['VALIDATION_ERROR', 'reason', { requestId: 'good', reason: 'x'.repeat(1001) }],
    ['VALIDATION_ERROR', 'reason', { requestId: 'good', reason: 'a\0b' }],
  ])('is refused with %s on %s', async (code, field, variables) => {
    await record('good');
    const { errors } = await gateway.send(Void, { tenantId, ...variables });
    expect(errors[0]?.extensions).toEqual({ code, field });
    expect((await gateway.ask(Totals, { tenantId })).usage.totals.totalCalls).toBe(1);
    expect(await audit()).toEqual([]);
  });
});
