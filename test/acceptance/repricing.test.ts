import { afterAll, beforeAll, expect, it } from 'vitest';
import { Big } from 'big.js';
import { foldAll } from '../reporting/folded.ts';
import { expectSummariesOfLedger } from '../rollup/expect-summaries.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { graphql } from './gql/gql.ts';
import { Reconcile, RecordBatch, SetPrice, Void } from './operations.ts';

const Reprice = graphql(`
  mutation Reprice(
    $tenantId: ID!
    $from: DateTime!
    $to: DateTime!
    $scope: RepriceScope!
    $filters: UsageFilters
    $reason: String!
    $dryRun: Boolean
  ) {
    repriceUsage(
      tenantId: $tenantId
      from: $from
      to: $to
      scope: $scope
      filters: $filters
      reason: $reason
      dryRun: $dryRun
    ) {
      calls
      costBeforeUsd
      costAfterUsd
      unpricedBefore
      unpricedAfter
      dryRun
    }
  }
`);

const Costs = graphql(`
  query Costs($tenantId: ID!) {
    usage(tenantId: $tenantId, bucket: MONTH) {
      totals {
        totalCalls
        totalCostUsd
        unpricedCalls
        cost {
          inputUsd
          outputUsd
          unsplitUsd
        }
      }
      byModel {
        model
        stats {
          totalCostUsd
        }
      }
    }
    budgets(tenantId: $tenantId) {
      edges {
        node {
          states {
            edges {
              node {
                spent
              }
            }
          }
        }
      }
    }
  }
`);

const History = graphql(`
  query History($tenantId: ID!, $requestId: String!) {
    call(tenantId: $tenantId, requestId: $requestId) {
      costUsd
      costSource
      unpricedReason
      price {
        inputUsdPerMillion
      }
      costHistory {
        costUsd
        costSource
        reason
      }
    }
  }
`);

const Budget = graphql(`
  mutation BudgetOfAll($tenantId: ID!) {
    createBudget(tenantId: $tenantId, input: { name: "All", period: TOTAL, limit: "1000000" }) {
      id
    }
  }
`);

const Audit = graphql(`
  query RepricingAudit($tenantId: ID!) {
    auditEvents(tenantId: $tenantId) {
      edges {
        node {
          action
          details
        }
      }
    }
  }
`);

const window = { from: '2026-01-01T00:00:00Z', to: '2026-07-01T00:00:00Z' };

describeOnEachDatabase('repricing', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => void (gateway = await startTestGateway(kind, { folding: false })));
  afterAll(() => gateway?.close());

  /** Calls of a model of nobody's list, each tenth with a cost of its own. */
  const callsOf = (tenantId: string, count: number) =>
    Array.from({ length: count }, (_, no) => ({
      tenantId,
      requestId: `call-${no}`,
      occurredAt: new Date(Date.UTC(2026, no % 5, 1 + (no % 28), no % 24)).toISOString(),
      provider: 'acme-ai',
      model: `model-${no % 3}`,
      inputTokens: 1_000_000,
      outputTokens: no,
      ...(no % 10 === 0 ? { costUsd: '7' } : {}),
    }));
  const record = async (calls: readonly object[]) => {
    for (let from = 0; from < calls.length; from += 1000)
      await gateway.ask(RecordBatch, { inputs: calls.slice(from, from + 1000) });
  };
  const setPrice = (
    tenantId: string,
    inputUsdPerMillion: string,
    model = 'model-0',
    effectiveFrom = '2026-01-01T00:00:00Z',
  ) =>
    gateway.ask(SetPrice, {
      tenantId,
      input: { provider: 'acme-ai', model, effectiveFrom, inputUsdPerMillion, outputUsdPerMillion: '0' },
    });
  const reprice = async (tenantId: string, more: object = {}) =>
    (await gateway.ask(Reprice, { tenantId, ...window, scope: 'ALL_BUT_CALLER', reason: 'new price', ...more }))
      .repriceUsage;
  const costs = async (tenantId: string) => (await gateway.ask(Costs, { tenantId })).usage;

  it('tells first what it would change, and then changes it everywhere at once', async () => {
    await gateway.ask(RecordBatch, { inputs: [] });
    const calls = callsOf('acme', 60);
    await record(calls.slice(0, 40));
    await gateway.ask(Budget, { tenantId: 'acme' });
    await foldAll(gateway.database.orm);
    await record(calls.slice(40));
    await gateway.ask(Void, { tenantId: 'acme', requestId: 'call-3', reason: 'wrong' });
    const before = await costs('acme');
    await setPrice('acme', '2');

    // Each third call is of the model; those with a cost of their own, and the voided one, are left alone.
    const changing = calls.filter((_call, no) => no % 3 === 0 && no % 10 !== 0 && no !== 3);
    const expected = {
      calls: changing.length,
      costBeforeUsd: '0',
      costAfterUsd: new Big(2).times(changing.length).toFixed(),
      unpricedBefore: changing.length,
      unpricedAfter: 0,
    };
    expect(await reprice('acme')).toEqual({ ...expected, dryRun: true });
    expect(await costs('acme')).toEqual(before);

    expect(await reprice('acme', { dryRun: false })).toEqual({ ...expected, dryRun: false });
    const after = await costs('acme');
    expect(after.totals).toMatchObject({
      totalCalls: before.totals.totalCalls,
      totalCostUsd: new Big(before.totals.totalCostUsd).plus(expected.costAfterUsd).toFixed(),
      unpricedCalls: before.totals.unpricedCalls - changing.length,
      cost: { inputUsd: expected.costAfterUsd, unsplitUsd: before.totals.totalCostUsd },
    });
    const { budgets } = await gateway.ask(Costs, { tenantId: 'acme' });
    expect(budgets.edges[0]?.node.states.edges[0]?.node.spent).toBe(after.totals.totalCostUsd);
    expect((await gateway.ask(Reconcile)).reconcile).toMatchObject({ differing: 0 });
    await expectSummariesOfLedger(gateway.database.orm);
    await foldAll(gateway.database.orm);
    expect(await costs('acme')).toEqual(after);
    await expectSummariesOfLedger(gateway.database.orm);

    const { call } = await gateway.ask(History, { tenantId: 'acme', requestId: 'call-6' });
    expect(call).toEqual({
      costUsd: '2',
      costSource: 'TENANT_PRICE',
      unpricedReason: null,
      price: { inputUsdPerMillion: '2' },
      costHistory: [{ costUsd: null, costSource: 'UNPRICED', reason: 'new price' }],
    });
    expect((await gateway.ask(History, { tenantId: 'acme', requestId: 'call-30' })).call.costSource).toBe('CALLER');
    const { auditEvents } = await gateway.ask(Audit, { tenantId: 'acme' });
    expect(auditEvents.edges.map(({ node }) => node)).toContainEqual({
      action: 'usage.reprice',
      details: expect.objectContaining({ calls: changing.length, reason: 'new price' }),
    });
    expect(await reprice('acme')).toMatchObject({ calls: 0 });
  });

  it('takes what is asked for alone: a window, filters and a scope', async () => {
    await record(callsOf('some', 30));
    await setPrice('some', '3', 'model-1');
    const of = async (more: object) => (await reprice('some', more)).calls;
    const all = 9;
    expect(await of({})).toBe(all);
    expect(await of({ scope: 'UNPRICED' })).toBe(all);
    expect(await of({ scope: 'CATALOGUE' })).toBe(0);
    expect(await of({ filters: { model: ['model-2'] } })).toBe(0);
    expect(await of({ filters: { costSource: ['CALLER'] } })).toBe(0);
    expect(await of({ to: '2026-02-01T00:00:00Z' })).toBe(1);
    expect(await reprice('some', { to: '2026-02-01T00:00:00Z', dryRun: false })).toMatchObject({ calls: 1 });
    expect(await of({ scope: 'UNPRICED' })).toBe(all - 1);
  });

  it('goes through more calls than a step has, and again when the price is another one', async () => {
    await record(callsOf('many', 2500));
    await setPrice('many', '1', 'model-0', '2025-01-01T00:00:00Z');
    const expected = Array.from({ length: 2500 }, (_, no) => no).filter((no) => no % 3 === 0 && no % 10 !== 0).length;
    expect(await reprice('many', { dryRun: false })).toMatchObject({ calls: expected, costAfterUsd: String(expected) });
    await setPrice('many', '4', 'model-0', '2026-01-01T00:00:00Z');
    expect(await reprice('many', { dryRun: false, reason: 'dearer' })).toMatchObject({
      calls: expected,
      costBeforeUsd: String(expected),
      costAfterUsd: String(4 * expected),
    });
    const { call } = await gateway.ask(History, { tenantId: 'many', requestId: 'call-3' });
    expect(call.costHistory.map(({ reason }) => reason)).toEqual(['dearer', 'new price']);
    await foldAll(gateway.database.orm);
    expect((await gateway.ask(Reconcile)).reconcile).toMatchObject({ differing: 0 });
  });

  it.each([
    [{ reason: '' }, 'reason'],
    [{ to: window.from }, 'to'],
  ])('refuses %j', async (more, field) => {
    const variables = { tenantId: 'acme', ...window, scope: 'UNPRICED' as const, reason: 'x', dryRun: false, ...more };
    const { errors } = await gateway.send(Reprice, variables);
    expect(errors).toMatchObject([{ extensions: { code: 'VALIDATION_ERROR', field } }]);
  });
});
