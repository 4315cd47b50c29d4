import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { foldAll } from '../reporting/folded.ts';
import { expectSummariesOfLedger } from '../rollup/expect-summaries.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { exported, imported } from '../transfer/export/exported.ts';
import { graphql } from './gql/gql.ts';
import { Reconcile, Void } from './operations.ts';

const RecordSnapshots = graphql(`
  mutation RecordSnapshots($inputs: [RecordUsageInput!]!) {
    recordUsageBatch(inputs: $inputs) {
      recorded
      duplicates
      replaced
      rejected
      results {
        outcome
        error {
          code
        }
        event {
          outputTokens
        }
      }
    }
  }
`);

const Snapshot = graphql(`
  query Snapshot($tenantId: ID!, $requestId: String!) {
    call(tenantId: $tenantId, requestId: $requestId) {
      occurredAt
      outputTokens
      model
      costUsd
      recordedBy
      costHistory {
        costUsd
        costSource
        reason
      }
    }
    calls(tenantId: $tenantId) {
      edges {
        node {
          requestId
        }
      }
    }
    usage(tenantId: $tenantId) {
      totals {
        totalCalls
        totalCostUsd
        outputTokens {
          total
          max
        }
      }
      byModel {
        model
        stats {
          totalCalls
        }
      }
    }
  }
`);

const snapshots = [3, 120, 384].map((outputTokens) => ({
  requestId: 'msg_B',
  occurredAt: '2026-09-15T10:01:00Z',
  provider: 'anthropic',
  model: 'claude-opus-4-7',
  inputTokens: 27427,
  cachedInputTokens: 15555,
  cacheWriteTokens: 11862,
  outputTokens,
}));
const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

describeOnEachDatabase('a later snapshot of a call', (kind) => {
  let gateway: TestGateway;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snapshots-'));
    gateway = await startTestGateway(kind, { folding: false });
  });
  afterAll(async () => {
    await gateway?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const record = async (tenantId: string, ...calls: object[]) =>
    (await gateway.ask(RecordSnapshots, { inputs: calls.map((call) => ({ tenantId, replaces: true, ...call })) }))
      .recordUsageBatch;
  const stateOf = (tenantId: string) => gateway.ask(Snapshot, { tenantId, requestId: 'msg_B' });
  const foldAndCheck = async () => {
    await foldAll(gateway.database.orm);
    await expectSummariesOfLedger(gateway.database.orm);
    expect((await gateway.ask(Reconcile)).reconcile).toMatchObject({ differing: 0 });
  };

  it.each(orders)('is the one that counts, whatever the order: %i, %i, %i', async (...order) => {
    const tenant = `in ${order.join('')}`;
    for (const index of order) {
      await record(tenant, snapshots[index] ?? {});
      if (index === 1) await foldAll(gateway.database.orm);
    }
    const { call, calls, usage } = await stateOf(tenant);
    expect(call).toMatchObject({ outputTokens: 384, costUsd: '0.091565' });
    expect(calls.edges).toHaveLength(1);
    expect(usage.totals).toMatchObject({
      totalCalls: 1,
      totalCostUsd: '0.091565',
      outputTokens: { total: 384, max: 384 },
    });
    await foldAndCheck();
    expect((await stateOf(tenant)).usage.totals).toEqual(usage.totals);
    // What it was before is a duplicate from now on, said to be a snapshot or not.
    expect(await record(tenant, ...snapshots)).toMatchObject({ duplicates: 3, replaced: 0 });
    const [first = {}] = snapshots;
    const again = order[0] === 0 ? 'DUPLICATE' : 'REJECTED';
    expect((await record(tenant, { ...first, replaces: false })).results[0]?.outcome).toBe(again);
  });

  it('may come with the others in one batch', async () => {
    expect(await record('batch', ...snapshots)).toMatchObject({
      recorded: 1,
      replaced: 2,
      rejected: 0,
      results: [
        { outcome: 'RECORDED' },
        { outcome: 'REPLACED' },
        { outcome: 'REPLACED', event: { outputTokens: 384 } },
      ],
    });
    const { call } = await stateOf('batch');
    expect(call.costHistory).toHaveLength(2);
    expect(call.costHistory[0]).toMatchObject({ costSource: 'CATALOGUE' });
  });

  it('moves the call to its own groups, and keeps when and by whom it was recorded first', async () => {
    await record('moving', { requestId: 'msg_B', model: 'small', inputTokens: 1, occurredAt: '2026-03-01T00:00:00Z' });
    await foldAndCheck();
    await record('moving', { requestId: 'msg_B', model: 'large', inputTokens: 1, outputTokens: 9 });
    const moved = await stateOf('moving');
    expect(moved.usage.byModel).toEqual([{ model: 'large', stats: { totalCalls: 1 } }]);
    expect(moved.call.occurredAt).toBe('2026-03-01T00:00:00.000Z');
    await foldAndCheck();
    expect((await stateOf('moving')).usage).toEqual(moved.usage);
  });

  it('of a voided call is a duplicate, and the call stays void', async () => {
    const [first = {}, , last = {}] = snapshots;
    await record('voided', first);
    await gateway.ask(Void, { tenantId: 'voided', requestId: 'msg_B', reason: 'wrong' });
    expect(await record('voided', last)).toMatchObject({ duplicates: 1, replaced: 0 });
    expect((await stateOf('voided')).usage.totals.totalCalls).toBe(0);
  });

  it('is a conflict when it is not said to be one', async () => {
    const [first = {}, second = {}] = snapshots;
    await record('unsaid', first);
    const [result] = (await record('unsaid', { ...second, replaces: false })).results;
    expect(result).toMatchObject({ outcome: 'REJECTED', error: { code: 'IDEMPOTENCY_CONFLICT' } });
  });

  it('counts once when many come at the same time', async () => {
    const many = Array.from({ length: 30 }, (_, no) => ({ ...snapshots[0], outputTokens: 1 + no }));
    const outcomes = await Promise.all(many.map((call) => record('at once', call)));
    expect(outcomes.reduce((sum, { recorded }) => sum + recorded, 0)).toBe(1);
    expect(outcomes.reduce((sum, { rejected }) => sum + rejected, 0)).toBe(0);
    expect((await stateOf('at once')).usage.totals).toMatchObject({ totalCalls: 1, outputTokens: { total: 30 } });
    await foldAndCheck();
  });

  it('is imported where that is asked for, and exported as one call', async () => {
    const bytes = snapshots.map((call) => JSON.stringify(call)).join('\n');
    const options = { bytes, tenant: 'imported', format: 'ndjson' } as const;
    expect(await imported(gateway.database.orm, folder, { ...options, replaces: true })).toMatchObject({
      recorded: 1,
      replaced: 2,
      rejected: 0,
    });
    expect((await stateOf('imported')).call).toMatchObject({ outputTokens: 384, costUsd: '0.091565' });
    const file = (await exported(gateway.database.orm, { tenant: 'imported', format: 'ndjson' })).toString();
    expect(file.trim().split('\n')).toHaveLength(1);
    expect(await imported(gateway.database.orm, folder, { ...options, tenant: 'strict' })).toMatchObject({
      recorded: 1,
      rejected: 2,
    });
  });
});
