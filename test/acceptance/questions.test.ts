import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Big } from 'big.js';
import { parse, print } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { graphql } from './gql/gql.ts';
import { CreateAgent, CreateTenant, RecordBatch, UpdateAgent } from './operations.ts';

// The documents of docs/questions.md, which a test below compares with these.

const CostADayByModel = graphql(`
  query CostADayByModel {
    usage(period: LAST_30_DAYS, bucket: DAY) {
      groups(by: [{ dimension: MODEL }], first: 5) {
        edges {
          node {
            values {
              value
            }
            buckets {
              localStart
              stats {
                totalCostUsd
              }
            }
          }
        }
        others {
          buckets {
            localStart
            stats {
              totalCostUsd
            }
          }
        }
      }
    }
  }
`);

const TopModels = graphql(`
  query TopModels {
    usage(period: LAST_30_DAYS) {
      totals {
        totalCostUsd
      }
      groups(by: [{ dimension: PROVIDER }, { dimension: MODEL }], first: 2) {
        edges {
          node {
            values {
              value
            }
            share
            stats {
              totalCostUsd
            }
          }
        }
        others {
          share
          stats {
            totalCostUsd
          }
        }
        groupCount
      }
    }
  }
`);

const SlowHours = graphql(`
  query SlowHours {
    usage(period: YESTERDAY, bucket: HOUR) {
      groups(by: [{ dimension: MODEL }], orderBy: CALLS_DESC) {
        edges {
          node {
            values {
              value
            }
            buckets {
              localStart
              stats {
                callDurationMs {
                  p95
                }
              }
            }
          }
        }
      }
    }
  }
`);

const ErrorRates = graphql(`
  query ErrorRates {
    usage(period: YESTERDAY, bucket: HOUR) {
      groups(by: [{ dimension: PROVIDER }], orderBy: CALLS_DESC) {
        edges {
          node {
            values {
              value
            }
            stats {
              errorRate
            }
            buckets {
              localStart
              stats {
                totalCalls
                errorRate
              }
            }
          }
        }
      }
    }
  }
`);

const CostByTeamAndEnvironment = graphql(`
  query CostByTeamAndEnvironment {
    usage(period: LAST_30_DAYS) {
      groups(by: [{ tag: "team" }, { tag: "environment" }], first: 100) {
        edges {
          node {
            values {
              tag
              value
            }
            stats {
              totalCostUsd
            }
          }
        }
      }
    }
  }
`);

const CostByUserAndModel = graphql(`
  query CostByUserAndModel($after: String) {
    usage(period: THIS_MONTH) {
      groups(by: [{ dimension: USER }, { dimension: MODEL }], first: 50, after: $after) {
        edges {
          node {
            values {
              dimension
              value
            }
            stats {
              totalCalls
              totalCostUsd
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

const DearestConversations = graphql(`
  query DearestConversations {
    usage(period: LAST_7_DAYS) {
      groups(by: [{ dimension: THREAD }], first: 3) {
        edges {
          node {
            values {
              value
            }
            stats {
              totalCalls
              totalTokens
              totalCostUsd
            }
          }
        }
      }
    }
  }
`);

const DearestCalls = graphql(`
  query DearestCalls {
    calls(first: 10, orderBy: COST_DESC) {
      edges {
        node {
          requestId
          occurredAt
          model
          costUsd
        }
      }
    }
  }
`);

const SlowCalls = graphql(`
  query SlowCalls {
    calls(first: 10, orderBy: DURATION_DESC, minDurationMs: 2000, filters: { model: ["large"] }) {
      edges {
        node {
          requestId
          durationMs
          timeToFirstTokenMs
        }
      }
    }
  }
`);

const MonthAgainstLast = graphql(`
  query MonthAgainstLast {
    usage(period: THIS_MONTH) {
      totals {
        totalCostUsd
      }
      compare(to: PREVIOUS_MONTH) {
        filtersApplied {
          from
          to
        }
        totals {
          totalCostUsd
        }
      }
    }
  }
`);

const CachedShare = graphql(`
  query CachedShare {
    usage(period: LAST_30_DAYS) {
      groups(by: [{ dimension: MODEL }]) {
        edges {
          node {
            values {
              value
            }
            stats {
              inputTokens {
                total
              }
              cachedInputTokens
              cacheWriteTokens
              cost {
                cachedInputUsd
                cacheSavingsUsd
              }
            }
          }
        }
      }
    }
  }
`);

const StatementForEachTenant = graphql(`
  query StatementForEachTenant($after: String) {
    allUsage(period: LAST_MONTH) {
      tenants(first: 100, after: $after) {
        edges {
          node {
            tenant {
              id
              name
            }
            stats {
              totalCostUsd
            }
            byModel(first: 1000) {
              provider
              model
              stats {
                totalCalls
                totalCostUsd
              }
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
      total {
        totalCostUsd
      }
    }
  }
`);

const UnpricedModels = graphql(`
  query UnpricedModels {
    usage(period: LAST_30_DAYS, filters: { costSource: [UNPRICED] }) {
      groups(by: [{ dimension: PROVIDER }, { dimension: MODEL }], orderBy: CALLS_DESC) {
        edges {
          node {
            values {
              value
            }
            stats {
              totalCalls
            }
          }
        }
      }
    }
    calls(first: 1, filters: { costSource: [UNPRICED] }) {
      edges {
        node {
          unpricedReason
        }
      }
    }
  }
`);

const NearTheirBudget = graphql(`
  query NearTheirBudget {
    budgetAlerts {
      agent {
        id
        name
      }
      budgetLimitUsd
      currentUsd
      ratio
      status
    }
  }
`);

const OneTeamInProduction = graphql(`
  query OneTeamInProduction {
    usage(
      period: LAST_30_DAYS
      filters: { tags: [{ name: "team", values: ["search"] }, { name: "environment", values: ["production"] }] }
    ) {
      totals {
        totalCalls
        totalCostUsd
      }
      groups(by: [{ dimension: AGENT }]) {
        edges {
          node {
            agent {
              name
            }
            values {
              value
            }
            stats {
              totalCostUsd
            }
          }
        }
      }
    }
  }
`);

const WithoutATeam = graphql(`
  query WithoutATeam {
    usage(period: LAST_30_DAYS, filters: { tags: [{ name: "team", values: [""] }] }) {
      totals {
        totalCalls
      }
      groups(by: [{ dimension: RECORDED_BY }], orderBy: CALLS_DESC) {
        edges {
          node {
            values {
              value
            }
            stats {
              totalCalls
            }
          }
        }
      }
    }
  }
`);

const OneCall = graphql(`
  query OneCall($requestId: String!) {
    call(requestId: $requestId) {
      model
      serviceTier
      inputTokens
      outputTokens
      units
      tags
      costUsd
      costSource
      unpricedReason
      price {
        inputUsdPerMillion
        outputUsdPerMillion
      }
    }
  }
`);

const ByServiceTier = graphql(`
  query ByServiceTier {
    usage(period: LAST_30_DAYS) {
      groups(by: [{ dimension: SERVICE_TIER }], orderBy: TOKENS_DESC) {
        edges {
          node {
            values {
              value
            }
            stats {
              totalTokens
            }
          }
        }
      }
    }
  }
`);

const FirstTokens = graphql(`
  query FirstTokens {
    usage(period: LAST_30_DAYS) {
      groups(by: [{ dimension: MODEL }], orderBy: NAME_ASC) {
        edges {
          node {
            values {
              value
            }
            stats {
              timeToFirstTokenMs {
                p50
                p95
                max
              }
            }
          }
        }
      }
    }
  }
`);

const PlatformByProvider = graphql(`
  query PlatformByProvider {
    allUsage(period: LAST_30_DAYS, bucket: DAY) {
      groups(by: [{ dimension: PROVIDER }]) {
        edges {
          node {
            values {
              value
            }
            buckets {
              localStart
              stats {
                totalCostUsd
              }
            }
          }
        }
      }
    }
  }
`);

const StatementOfMay = graphql(`
  query StatementOfMay {
    statement(month: "2026-05-01") {
      closedAt
      lines {
        provider
        model
        stats {
          totalCostUsd
        }
      }
      adjustments {
        month
        reason
        costUsd
      }
      totalUsd
    }
  }
`);

const WhatWouldItCost = graphql(`
  query WhatWouldItCost {
    estimateCost(provider: "openai", model: "gpt-4o-mini", inputTokens: 1000000, outputTokens: 1000000) {
      costUsd
      costSource
    }
  }
`);

const documents = {
  CostADayByModel,
  TopModels,
  SlowHours,
  ErrorRates,
  CostByTeamAndEnvironment,
  CostByUserAndModel,
  DearestConversations,
  DearestCalls,
  SlowCalls,
  MonthAgainstLast,
  CachedShare,
  StatementForEachTenant,
  UnpricedModels,
  NearTheirBudget,
  OneTeamInProduction,
  WithoutATeam,
  OneCall,
  ByServiceTier,
  FirstTokens,
  PlatformByProvider,
  StatementOfMay,
  WhatWouldItCost,
};

it('are the documents of docs/questions.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/questions.md'), 'utf8');
  const shown = [...page.matchAll(/```graphql\n([^]*?)```/g)].map(([, block = '']) => print(parse(block)));
  expect(shown).toEqual(Object.values(documents).map((document) => print(document)));
});

/** Noon in New York, where the tenant is: the last 30 days begin on 21 May. */
const now = new Date('2026-06-19T16:00:00Z');
const dayMs = 86_400_000;

const models = ['large', 'small', 'tiny'] as const;

/** One call each 7 hours for two months, until an hour ago. */
const calls = Array.from({ length: 200 }, (_, no) => ({
  requestId: `call-${no}`,
  occurredAt: now.getTime() - 3_600_000 - no * 7 * 3_600_000,
  agentId: `agent-${no % 2}`,
  provider: no % 3 === 2 ? 'south' : 'north',
  model: models[no % 3] ?? 'large',
  userId: `user-${no % 4}`,
  threadId: `thread-${no % 5}`,
  inputTokens: 1000 + no,
  outputTokens: 100,
  cachedInputTokens: no,
  durationMs: 1000 + no * 10,
  timeToFirstTokenMs: 100 + no,
  status: no % 10 === 0 ? ('FAILED' as const) : ('SUCCESS' as const),
  serviceTier: no % 4 === 0 ? 'batch' : 'standard',
  tags: {
    ...(no % 5 === 0 ? {} : { team: no % 2 === 0 ? 'search' : 'support' }),
    environment: no % 3 === 0 ? 'production' : 'staging',
  },
  costUsd: no % 20 === 7 ? null : `0.${String(no + 1).padStart(4, '0')}`,
}));
type Call = (typeof calls)[number];

const since = (from: string, to = now.toISOString()) =>
  calls.filter(({ occurredAt }) => occurredAt >= Date.parse(from) && occurredAt < Date.parse(to));
const last30Days = since('2026-05-21T04:00:00Z');
const yesterday = since('2026-06-18T04:00:00Z', '2026-06-19T04:00:00Z');

const costOf = (of: readonly Call[]) => of.reduce((sum, { costUsd }) => sum.plus(costUsd ?? 0), new Big(0)).toFixed();
const groupsOf = (of: readonly Call[], keysOf: (call: Call) => (string | null)[]) =>
  [...Map.groupBy(of, (call) => JSON.stringify(keysOf(call)))]
    .map(([key, members]): { keys: (string | null)[]; members: Call[] } => ({ keys: JSON.parse(key), members }))
    .toSorted((one, other) => new Big(costOf(other.members)).cmp(costOf(one.members)));
const valuesOf = ({ values }: { values: readonly { value?: string | null }[] }) =>
  values.map(({ value }) => value ?? null);
/** The date in New York. */
const dateOf = ({ occurredAt }: Call) => new Date(occurredAt - 4 * 3_600_000).toISOString().slice(0, 10);
const hourOf = ({ occurredAt }: Call) => new Date(occurredAt - 4 * 3_600_000).toISOString().slice(0, 13);

describeOnEachDatabase('the questions of frontend teams', (kind) => {
  let gateway: TestGateway;
  let key: string;

  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => now });
    await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme', timezone: 'America/New_York' } });
    await gateway.ask(CreateAgent, { tenantId: 'acme', input: { id: 'agent-0', name: 'Archivist' } });
    await gateway.ask(UpdateAgent, { tenantId: 'acme', id: 'agent-0', input: { budgetLimitUsd: '1' } });
    const { createApiKey } = await gateway.ask(CreateKey, { tenantId: 'acme' });
    key = createApiKey.secret;
    const inputs = calls.map(({ costUsd, occurredAt, ...call }) => ({
      ...call,
      ...(costUsd === null ? {} : { costUsd }),
      tenantId: 'acme',
      occurredAt: new Date(occurredAt).toISOString(),
    }));
    const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs });
    expect(recordUsageBatch.recorded).toBe(calls.length);
  });
  afterAll(() => gateway?.close());

  const CreateKey = graphql(`
    mutation CreateReadersKey($tenantId: ID!) {
      createApiKey(tenantId: $tenantId, input: { name: "dashboard", scopes: [USAGE_READ] }) {
        secret
      }
    }
  `);

  it('cost a day, stacked by model', async () => {
    const { usage } = await gateway.ask(CostADayByModel, {}, key);
    for (const { node } of usage.groups.edges) {
      const [model] = valuesOf(node);
      const own = last30Days.filter((call) => call.model === model);
      expect(node.buckets).toHaveLength(30);
      for (const { localStart, stats } of node.buckets)
        expect(stats.totalCostUsd).toBe(costOf(own.filter((call) => dateOf(call) === localStart?.slice(0, 10))));
    }
    expect(usage.groups.others).toBeNull();
  });

  it('top models and everything else', async () => {
    const { usage } = await gateway.ask(TopModels, {}, key);
    const groups = groupsOf(last30Days, ({ provider, model }) => [provider, model]);
    const total = new Big(costOf(last30Days));
    expect(usage.totals.totalCostUsd).toBe(total.toFixed());
    expect(usage.groups.groupCount).toBe(groups.length);
    expect(usage.groups.edges.map(({ node }) => [valuesOf(node), node.stats.totalCostUsd, node.share])).toEqual(
      groups
        .slice(0, 2)
        .map(({ keys, members }) => [keys, costOf(members), Number(new Big(costOf(members)).div(total))]),
    );
    expect(usage.groups.others?.stats.totalCostUsd).toBe(costOf(groups.slice(2).flatMap(({ members }) => members)));
  });

  it('slow hours by model', async () => {
    const { usage } = await gateway.ask(SlowHours, {}, key);
    for (const { node } of usage.groups.edges)
      for (const { localStart, stats } of node.buckets) {
        const own = yesterday.filter(
          (call) => call.model === valuesOf(node)[0] && hourOf(call) === localStart?.slice(0, 13),
        );
        const durations = own.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b);
        const p95 = durations[Math.ceil(0.95 * durations.length) - 1] ?? 0;
        expect(Math.abs(stats.callDurationMs.p95 - p95)).toBeLessThanOrEqual(0.01 * p95);
      }
    expect(usage.groups.edges.length).toBeGreaterThan(0);
  });

  it('error rate by provider and hour', async () => {
    const { usage } = await gateway.ask(ErrorRates, {}, key);
    for (const { node } of usage.groups.edges) {
      const own = yesterday.filter(({ provider }) => provider === valuesOf(node)[0]);
      expect(node.stats.errorRate).toBeCloseTo(own.filter(({ status }) => status === 'FAILED').length / own.length, 12);
      const counted = node.buckets.reduce((sum, { stats }) => sum + stats.totalCalls, 0);
      expect(counted).toBe(own.length);
    }
  });

  it('cost by team and environment', async () => {
    const { usage } = await gateway.ask(CostByTeamAndEnvironment, {}, key);
    const groups = groupsOf(last30Days, ({ tags }) => [tags.team ?? null, tags.environment]);
    expect(usage.groups.edges.map(({ node }) => [valuesOf(node), node.stats.totalCostUsd])).toEqual(
      groups.map(({ keys, members }) => [keys, costOf(members)]),
    );
  });

  it('by user and model', async () => {
    const { usage } = await gateway.ask(CostByUserAndModel, {}, key);
    const groups = groupsOf(since('2026-06-01T04:00:00Z'), ({ userId, model }) => [userId, model]);
    expect(usage.groups.edges.map(({ node }) => [valuesOf(node), node.stats.totalCalls])).toEqual(
      groups.map(({ keys, members }) => [keys, members.length]),
    );
    expect(usage.groups.pageInfo.hasNextPage).toBe(false);
  });

  it('dearest conversations', async () => {
    const { usage } = await gateway.ask(DearestConversations, {}, key);
    const groups = groupsOf(since('2026-06-13T04:00:00Z'), ({ threadId }) => [threadId]);
    expect(usage.groups.edges.map(({ node }) => [valuesOf(node), node.stats.totalCostUsd])).toEqual(
      groups.slice(0, 3).map(({ keys, members }) => [keys, costOf(members)]),
    );
  });

  it('dearest and slowest calls', async () => {
    const dearest = calls.toSorted((a, b) => new Big(b.costUsd ?? -1).cmp(a.costUsd ?? -1)).slice(0, 10);
    const { calls: listed } = await gateway.ask(DearestCalls, {}, key);
    expect(listed.edges.map(({ node }) => node.requestId)).toEqual(dearest.map(({ requestId }) => requestId));
    const slow = calls.filter(({ model, durationMs }) => model === 'large' && durationMs >= 2000);
    const { calls: slowest } = await gateway.ask(SlowCalls, {}, key);
    expect(slowest.edges.map(({ node }) => node.durationMs)).toEqual(
      slow
        .map(({ durationMs }) => durationMs)
        .toSorted((a, b) => b - a)
        .slice(0, 10),
    );
  });

  it('this month against last', async () => {
    const { usage } = await gateway.ask(MonthAgainstLast, {}, key);
    expect(usage.totals.totalCostUsd).toBe(costOf(since('2026-06-01T04:00:00Z')));
    expect(usage.compare.filtersApplied).toEqual({ from: '2026-05-01T04:00:00.000Z', to: '2026-05-19T16:00:00.001Z' });
    expect(usage.compare.totals.totalCostUsd).toBe(costOf(since('2026-05-01T04:00:00Z', '2026-05-19T16:00:00.001Z')));
  });

  it('share of cached tokens', async () => {
    const { usage } = await gateway.ask(CachedShare, {}, key);
    for (const { node } of usage.groups.edges) {
      const own = last30Days.filter(({ model }) => model === valuesOf(node)[0]);
      expect(node.stats.inputTokens.total).toBe(own.reduce((sum, { inputTokens }) => sum + inputTokens, 0));
      expect(node.stats.cachedInputTokens).toBe(own.reduce((sum, call) => sum + call.cachedInputTokens, 0));
    }
  });

  it('a statement for each tenant', async () => {
    const { allUsage } = await gateway.ask(StatementForEachTenant, {});
    // Months of all tenants are those of UTC.
    const may = since('2026-05-01T00:00:00Z', '2026-06-01T00:00:00Z');
    expect(allUsage.total.totalCostUsd).toBe(costOf(may));
    const own = allUsage.tenants.edges.find(({ node }) => node.tenant.id === 'acme')?.node;
    expect(own?.byModel.map(({ provider, model, stats }) => [[provider, model], stats.totalCostUsd])).toEqual(
      groupsOf(may, ({ provider, model }) => [provider, model]).map(({ keys, members }) => [keys, costOf(members)]),
    );
  });

  it('what is unpriced, and why', async () => {
    const { usage, calls: listed } = await gateway.ask(UnpricedModels, {}, key);
    const unpriced = last30Days.filter(({ costUsd }) => costUsd === null);
    const counted = usage.groups.edges.reduce((sum, { node }) => sum + node.stats.totalCalls, 0);
    expect(counted).toBe(unpriced.length);
    expect(listed.edges[0]?.node.unpricedReason).toMatch(/\w+/);
  });

  it('who is near a budget', async () => {
    const { budgetAlerts } = await gateway.ask(NearTheirBudget, {}, key);
    const spent = costOf(since('2026-06-01T04:00:00Z').filter(({ agentId }) => agentId === 'agent-0'));
    expect(budgetAlerts).toMatchObject([{ agent: { id: 'agent-0', name: 'Archivist' }, currentUsd: spent }]);
  });

  it('one team in production, and calls without a team', async () => {
    const { usage } = await gateway.ask(OneTeamInProduction, {}, key);
    const own = last30Days.filter(({ tags }) => tags.team === 'search' && tags.environment === 'production');
    expect(usage.totals).toEqual({ totalCalls: own.length, totalCostUsd: costOf(own) });
    const without = (await gateway.ask(WithoutATeam, {}, key)).usage;
    expect(without.totals.totalCalls).toBe(last30Days.filter(({ tags }) => tags.team === undefined).length);
    expect(without.groups.edges).toHaveLength(1);
  });

  it('one call in full', async () => {
    const { call } = await gateway.ask(OneCall, { requestId: 'call-3' }, key);
    expect(call).toMatchObject({
      model: 'large',
      tags: { team: 'support', environment: 'production' },
      costUsd: '0.0004',
    });
  });

  it('service tiers, and times to the first token', async () => {
    const { usage } = await gateway.ask(ByServiceTier, {}, key);
    expect(usage.groups.edges.map(({ node }) => valuesOf(node)[0])).toEqual(['standard', 'batch']);
    const first = (await gateway.ask(FirstTokens, {}, key)).usage;
    for (const { node } of first.groups.edges) {
      const own = last30Days.filter(({ model }) => model === valuesOf(node)[0]);
      expect(node.stats.timeToFirstTokenMs.max).toBe(Math.max(...own.map((call) => call.timeToFirstTokenMs)));
    }
  });

  it("an operator's cost by provider and day", async () => {
    const { allUsage } = await gateway.ask(PlatformByProvider, {});
    const days = since('2026-05-21T00:00:00Z');
    for (const { node } of allUsage.groups.edges) {
      const own = days.filter(({ provider }) => provider === valuesOf(node)[0]);
      for (const { localStart, stats } of node.buckets)
        expect(stats.totalCostUsd).toBe(
          costOf(
            own.filter(
              ({ occurredAt }) => new Date(occurredAt).toISOString().slice(0, 10) === localStart?.slice(0, 10),
            ),
          ),
        );
    }
    expect(now.getTime() - Date.parse('2026-05-21T00:00:00Z')).toBeLessThan(30 * dayMs);
  });

  it('the bill of a month', async () => {
    const { statement } = await gateway.ask(StatementOfMay, {}, key);
    const may = since('2026-05-01T04:00:00Z', '2026-06-01T04:00:00Z');
    expect(statement.lines.map(({ provider, model, stats }) => [[provider, model], stats.totalCostUsd])).toEqual(
      groupsOf(may, ({ provider, model }) => [provider, model]).map(({ keys, members }) => [keys, costOf(members)]),
    );
    expect(statement).toMatchObject({ closedAt: null, adjustments: [], totalUsd: costOf(may) });
  });

  it('what a call would cost', async () => {
    const { estimateCost } = await gateway.ask(WhatWouldItCost, {}, key);
    expect(estimateCost).toEqual({ costUsd: '0.75', costSource: 'CATALOGUE' });
  });
});
