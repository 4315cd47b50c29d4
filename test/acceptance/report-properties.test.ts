import { Big } from 'big.js';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { differences } from '../reporting/differences.ts';
import { agentNamesOf, appliedFilters, expectedReport, resolve } from '../reporting/expected-report.ts';
import { givenSeed, runs } from '../reporting/property-options.ts';
import { filters, randomCalls, tenants } from '../reporting/random-calls.ts';
import {
  randomReportQuery,
  bucketFor,
  eventfulWindow,
  twoReportQueries,
  type RandomReportQuery,
} from '../reporting/random-report-queries.ts';
import { startRecordedGateway } from '../reporting/recorded-gateway.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import type { TestGateway } from '../support/gateway.ts';
import { bucketsOf, byAgent, byProvider, compareText, countCalls, toText, type Order } from '../support/oracle.ts';
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';
import type { SummedStatFragment } from './gql/graphql.ts';
import { graphql } from './gql/gql.ts';
import { WholeReport } from './operations.ts';

graphql(`
  fragment EveryStat on UsageStats {
    totalCalls
    failedCalls
    errorRate
    totalCostUsd
    cost {
      inputUsd
      cachedInputUsd
      cacheWriteUsd
      outputUsd
      unitsUsd
      unsplitUsd
      cacheSavingsUsd
    }
    unpricedCalls
    callDurationMs {
      avg
      min
      max
      p5
      p50
      p95
      p99
    }
    timeToFirstTokenMs {
      avg
      min
      max
      p5
      p50
      p95
      p99
    }
    inputTokens {
      total
      avg
      min
      max
      p5
      p50
      p95
      p99
    }
    outputTokens {
      total
      avg
      min
      max
      p5
      p50
      p95
      p99
    }
    cachedInputTokens
    cacheWriteTokens
    reasoningTokens
    units {
      unit
      quantity
    }
    totalTokens
  }
`);

graphql(`
  fragment SummedStat on UsageStats {
    totalCalls
    failedCalls
    totalCostUsd
    unpricedCalls
    inputTokens {
      total
    }
    outputTokens {
      total
    }
    cachedInputTokens
    reasoningTokens
    totalTokens
  }
`);

graphql(`
  fragment EveryAppliedFilter on AppliedFilters {
    from
    to
    bucket
    timezone
    agentId
    provider
    model
    channelId
    userId
    botId
    threadId
    knowledgeBaseId
    operation
    status
    serviceTier
    costSource
    tags {
      name
      values
    }
  }
`);

graphql(`
  fragment BucketRow on UsageBucket {
    ts
    end
    stats {
      ...EveryStat
    }
  }
`);

graphql(`
  fragment AgentRow on AgentUsage {
    agentId
    agent {
      id
      name
    }
    stats {
      ...EveryStat
    }
  }
`);

graphql(`
  fragment ReportPart on UsageReport {
    totals {
      ...EveryStat
    }
    buckets {
      ...BucketRow
    }
    byAgentName: byAgent(orderBy: NAME_ASC, first: 3) {
      ...AgentRow
    }
    byAgentTokens: byAgent(orderBy: TOKENS_DESC, first: 4) {
      ...AgentRow
    }
    filtersApplied {
      ...EveryAppliedFilter
    }
  }
`);

const TwoReports = graphql(`
  query TwoReports(
    $tenantA: ID!
    $fromA: DateTime
    $toA: DateTime
    $bucketA: Bucket!
    $timezoneA: TimeZone
    $filtersA: UsageFilters
    $tenantB: ID!
    $fromB: DateTime
    $toB: DateTime
    $bucketB: Bucket!
    $timezoneB: TimeZone
    $filtersB: UsageFilters
  ) {
    a: usage(tenantId: $tenantA, from: $fromA, to: $toA, bucket: $bucketA, timezone: $timezoneA, filters: $filtersA) {
      ...ReportPart
    }
    b: usage(tenantId: $tenantB, from: $fromB, to: $toB, bucket: $bucketB, timezone: $timezoneB, filters: $filtersB) {
      ...ReportPart
    }
  }
`);

const AdjacentWindows = graphql(`
  query AdjacentWindows(
    $tenantId: ID!
    $a: DateTime!
    $b: DateTime!
    $c: DateTime!
    $bucket: Bucket!
    $filters: UsageFilters
  ) {
    before: usage(tenantId: $tenantId, from: $a, to: $b, filters: $filters) {
      totals {
        ...SummedStat
      }
    }
    after: usage(tenantId: $tenantId, from: $b, to: $c, filters: $filters) {
      totals {
        ...SummedStat
      }
    }
    whole: usage(tenantId: $tenantId, from: $a, to: $c, bucket: $bucket, filters: $filters) {
      totals {
        ...SummedStat
      }
      buckets {
        stats {
          ...SummedStat
        }
      }
    }
  }
`);

const EveryTenant = graphql(`
  query EveryTenant(
    $from: DateTime
    $to: DateTime
    $bucket: Bucket!
    $timezone: TimeZone
    $filters: UsageFilters
    $orderBy: UsageOrder
    $first: Int
    $pageSize: Int
    $after: String
  ) {
    allUsage(from: $from, to: $to, bucket: $bucket, timezone: $timezone, filters: $filters) {
      total {
        ...EveryStat
      }
      buckets {
        ...BucketRow
      }
      tenants(first: $pageSize, after: $after) {
        edges {
          node {
            tenant {
              id
            }
            stats {
              ...EveryStat
            }
            byAgent(orderBy: $orderBy, first: $first) {
              ...AgentRow
            }
            byProvider(orderBy: $orderBy, first: $first) {
              provider
              stats {
                ...EveryStat
              }
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
      filtersApplied {
        ...EveryAppliedFilter
      }
    }
  }
`);

/** Of the calls and of the report queries, so that the seed of a failed property repeats both. */
const seed = givenSeed ?? Math.floor(Math.random() * 2 ** 31);
const calls = randomCalls(600, seed);

/** Ends the search for a smaller counterexample before the test's own limit would hide the one that was found. */
const property = (numRuns: number) => ({ ...runs(numRuns), seed, interruptAfterTimeLimit: 60_000 });
const timeoutMs = 120_000;

describeOnEachDatabase('reports over random calls', (kind) => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startRecordedGateway(kind, calls);
  });
  afterAll(() => gateway?.close());

  it('answer every report query with what was recorded', { timeout: timeoutMs }, async () => {
    await fc.assert(
      fc.asyncProperty(randomReportQuery(calls), async (asked) => {
        const { variables, report } = expectedReport(calls, asked);
        const { usage } = await gateway.ask(WholeReport, variables);
        expect(differences(usage, report)).toEqual([]);
      }),
      property(150),
    );
  });

  it.each(['provider', 'channelId', 'userId', 'serviceTier'] as const)(
    'answer with the calls that say nothing of %s, asked for by an empty text',
    async (field) => {
      const asked = {
        tenantId: 'Acme' as const,
        bucketNo: 0,
        timezone: undefined,
        orderBy: undefined,
        first: undefined,
      };
      const window = { from: undefined, to: undefined };
      const { variables, report } = expectedReport(calls, { ...asked, ...window, filters: { [field]: [''] } });
      const { usage } = await gateway.ask(WholeReport, variables);
      expect(usage.totals.totalCalls).toBeGreaterThan(0);
      expect(differences(usage, report)).toEqual([]);
    },
  );

  it('answer report queries of one request independently', { timeout: timeoutMs }, async () => {
    await fc.assert(
      fc.asyncProperty(twoReportQueries(calls), async ([askedA, askedB]) => {
        const [a, b] = [expectedReport(calls, askedA).variables, expectedReport(calls, askedB).variables];
        const answer = await gateway.ask(TwoReports, {
          tenantA: a.tenantId,
          fromA: a.from,
          toA: a.to,
          bucketA: a.bucket,
          timezoneA: a.timezone,
          filtersA: a.filters,
          tenantB: b.tenantId,
          fromB: b.from,
          toB: b.to,
          bucketB: b.bucket,
          timezoneB: b.timezone,
          filtersB: b.filters,
        });
        expect(differences(answer, { a: reportPart(askedA), b: reportPart(askedB) })).toEqual([]);
      }),
      property(50),
    );
  });

  it('add up over buckets, and over windows that follow each other', { timeout: timeoutMs }, async () => {
    const windows = eventfulWindow(calls).filter(({ from, to }) => to - from > 1);
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const reportQuery = fc.record({ windows, share, tenant: fc.constantFrom(...tenants), filters, bucketNo: fc.nat() });
    await fc.assert(
      fc.asyncProperty(reportQuery, async ({ windows: { from, to }, share, tenant, filters, bucketNo }) => {
        const middle = from + 1 + Math.floor((to - from - 2) * share);
        const [a, b, c] = [toText(from), toText(middle), toText(to)];
        const bucket = bucketFor({ from, to }, bucketNo);
        const { before, after, whole } = await gateway.ask(AdjacentWindows, {
          tenantId: tenant.id,
          a,
          b,
          c,
          bucket,
          filters,
        });
        expect(added([before.totals, after.totals])).toEqual(whole.totals);
        expect(added(whole.buckets.map(({ stats }) => stats))).toEqual(whole.totals);
      }),
      property(50),
    );
  });

  it('over all tenants have each tenant once and add up to the total', { timeout: timeoutMs }, async () => {
    await fc.assert(
      fc.asyncProperty(randomReportQuery(calls), fc.integer({ min: 1, max: 6 }), async (asked, pageSize) => {
        const { variables, bucketing, window, counted, order } = resolve(calls, asked, 'UTC');
        const [first, ...more] = await everyPage(gateway, { ...variables, pageSize });
        const nodes = [first, ...more].flatMap((page) => page.tenants.edges.map(({ node }) => node));
        const { total, buckets, filtersApplied } = first;
        expect(
          differences(
            { total, buckets, filtersApplied, nodes },
            {
              total: countCalls(counted),
              buckets: bucketsOf(counted, window, bucketing),
              filtersApplied: appliedFilters(asked.filters, window, bucketing),
              nodes: tenantIds.map((id) => {
                const ofTenant = counted.filter(({ tenantId }) => tenantId === id);
                return {
                  tenant: { id },
                  stats: countCalls(ofTenant),
                  byAgent: byAgent(ofTenant, order, agentNamesOf(id)),
                  byProvider: byProvider(ofTenant, order),
                };
              }),
            },
          ),
        ).toEqual([]);
        const summed = added(nodes.map(({ stats }) => stats));
        expect(summed).toEqual(added([total]));
      }),
      property(25),
    );
  });
});

const tenantIds = tenants.map(({ id }) => id).toSorted(compareText);

/** A report of which one breakdown is asked for in two orders. */
function reportPart(asked: RandomReportQuery) {
  const { totals, buckets, filtersApplied } = expectedReport(calls, asked).report;
  const ranked = (orderBy: Order['orderBy'], first: number) =>
    expectedReport(calls, { ...asked, orderBy, first }).report.byAgent;
  return {
    totals,
    buckets,
    byAgentName: ranked('NAME_ASC', 3),
    byAgentTokens: ranked('TOKENS_DESC', 4),
    filtersApplied,
  };
}

type Page = ResultOf<typeof EveryTenant>['allUsage'];

/** The pages of a list of tenants, each asked for with the cursor of the one before. */
async function everyPage(gateway: TestGateway, variables: VariablesOf<typeof EveryTenant>): Promise<[Page, ...Page[]]> {
  const { allUsage } = await gateway.ask(EveryTenant, variables);
  const { hasNextPage, endCursor } = allUsage.tenants.pageInfo;
  if (!hasNextPage) return [allUsage];
  return [allUsage, ...(await everyPage(gateway, { ...variables, after: endCursor }))];
}

type Summed = SummedStatFragment;

/** What can be added up, added up. */
function added(parts: readonly Summed[]): Summed {
  const sum = (of: (stats: Summed) => number) => parts.reduce((total, stats) => total + of(stats), 0);
  return {
    totalCalls: sum((stats) => stats.totalCalls),
    failedCalls: sum((stats) => stats.failedCalls),
    totalCostUsd: parts.reduce((cost, stats) => cost.plus(stats.totalCostUsd), new Big(0)).toFixed(),
    unpricedCalls: sum((stats) => stats.unpricedCalls),
    inputTokens: { total: sum((stats) => stats.inputTokens.total) },
    outputTokens: { total: sum((stats) => stats.outputTokens.total) },
    cachedInputTokens: sum((stats) => stats.cachedInputTokens),
    reasoningTokens: sum((stats) => stats.reasoningTokens),
    totalTokens: sum((stats) => stats.totalTokens),
  };
}
