import { Big } from 'big.js';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core';
import { differences } from '../reporting/differences.ts';
import { agentNamesOf, resolve } from '../reporting/expected-report.ts';
import { givenSeed, runs } from '../reporting/property-options.ts';
import { randomCalls, tenants } from '../reporting/random-calls.ts';
import { randomReportQuery } from '../reporting/random-report-queries.ts';
import { startRecordedGateway } from '../reporting/recorded-gateway.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import type { TestGateway } from '../support/gateway.ts';
import {
  bucketsOf,
  countCalls,
  groupKeys,
  groupsBy,
  tagOfKey,
  type DimensionKey,
  type GroupKeyName,
  type Order,
} from '../support/oracle.ts';
import { graphql } from './gql/gql.ts';

graphql(`
  fragment GroupPage on UsageGroupConnection {
    edges {
      node {
        values {
          dimension
          tag
          value
        }
        agent {
          id
          name
        }
        share
        stats {
          ...EveryStat
        }
        buckets {
          ...BucketRow
        }
      }
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      endCursor
    }
    groupCount
    others {
      values {
        dimension
        tag
        value
      }
      share
      stats {
        ...EveryStat
      }
      buckets {
        ...BucketRow
      }
    }
  }
`);

const Groups = graphql(`
  query Groups(
    $tenantId: ID!
    $from: DateTime
    $to: DateTime
    $bucket: Bucket!
    $timezone: TimeZone
    $filters: UsageFilters
    $by: [GroupBy!]!
    $orderBy: UsageOrder
    $first: Int
    $after: String
  ) {
    usage(tenantId: $tenantId, from: $from, to: $to, bucket: $bucket, timezone: $timezone, filters: $filters) {
      totals {
        ...EveryStat
      }
      groups(by: $by, orderBy: $orderBy, first: $first, after: $after) {
        ...GroupPage
      }
    }
  }
`);

const GroupsOfAll = graphql(`
  query GroupsOfAll(
    $from: DateTime
    $to: DateTime
    $bucket: Bucket!
    $timezone: TimeZone
    $filters: UsageFilters
    $by: [GroupBy!]!
    $orderBy: UsageOrder
    $first: Int
    $after: String
  ) {
    allUsage(from: $from, to: $to, bucket: $bucket, timezone: $timezone, filters: $filters) {
      groups(by: $by, orderBy: $orderBy, first: $first, after: $after) {
        ...GroupPage
      }
    }
  }
`);

const seed = givenSeed ?? Math.floor(Math.random() * 2 ** 31);
const calls = randomCalls(500, seed);
const property = (numRuns: number) => ({ ...runs(numRuns), seed, interruptAfterTimeLimit: 60_000 });
const timeoutMs = 120_000;

type Page = ResultOf<typeof Groups>['usage']['groups'];

const ofAll: GroupKeyName[] = [
  ...(Object.keys(groupKeys) as DimensionKey[]),
  ...(['team', 'env', 'a.b-c', 'constructor', 'nothing'] as const).map((tag) => `tag:${tag}` as const),
];
const ofOneTenant = ofAll.filter((key) => key !== 'TENANT');

const toInput = (key: GroupKeyName) => {
  const tag = tagOfKey(key);
  return tag === undefined ? { dimension: key as DimensionKey } : { tag };
};
const some = (keys: readonly GroupKeyName[]) => fc.shuffledSubarray([...keys], { minLength: 1, maxLength: 4 });
const orders: Order['orderBy'][] = ['COST_DESC', 'CALLS_DESC', 'TOKENS_DESC', 'NAME_ASC'];

/** What groups are ordered by; by cost where that is their name. */
const amountOf = (orderBy: Order['orderBy'], stats: ReturnType<typeof countCalls>): Big =>
  new Big(
    {
      COST_DESC: stats.totalCostUsd,
      CALLS_DESC: stats.totalCalls,
      TOKENS_DESC: stats.totalTokens,
      NAME_ASC: stats.totalCostUsd,
    }[orderBy],
  );

describeOnEachDatabase('groups over random calls', (kind) => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startRecordedGateway(kind, calls);
  });
  afterAll(() => gateway?.close());

  /** All pages, each asked for with the cursor of the one before. */
  async function everyPage(ask: (after: string | null) => Promise<Page>, after: string | null = null): Promise<Page[]> {
    const page = await ask(after);
    const { hasNextPage, endCursor } = page.pageInfo;
    return hasNextPage ? [page, ...(await everyPage(ask, endCursor))] : [page];
  }

  /** Asserts that pages are those of all groups in their order, and that each adds up with its others. */
  function expectPages(
    pages: readonly Page[],
    { counted, window, bucketing }: Pick<ReturnType<typeof resolve>, 'counted' | 'window' | 'bucketing'>,
    { by, orderBy, first }: { by: GroupKeyName[]; orderBy: Order['orderBy']; first: number },
    namesOf: typeof agentNamesOf,
  ) {
    const groups = groupsBy(counted, by, orderBy, namesOf);
    const total = amountOf(orderBy, countCalls(counted));
    const toGroup = (values: object[], members: typeof counted) => ({
      values,
      stats: countCalls(members),
      buckets: bucketsOf(members, window, bucketing),
      share: total.eq(0) ? 0 : Number(amountOf(orderBy, countCalls(members)).div(total)),
    });
    const expected = [];
    for (let at = 0; at === 0 || at < groups.length; at += first) {
      const page = groups.slice(at, at + first);
      const others = counted.filter((call) => !page.some(({ members }) => members.includes(call)));
      expected.push({
        edges: page.map(({ row, members }) => ({ node: { ...toGroup(row.values, members), agent: row.agent } })),
        pageInfo: { hasNextPage: at + first < groups.length, hasPreviousPage: at > 0 },
        groupCount: groups.length,
        others: page.length === groups.length ? null : toGroup([], others),
      });
    }
    const withoutCursors = pages.map(({ pageInfo: { hasNextPage, hasPreviousPage }, ...page }) => ({
      ...page,
      pageInfo: { hasNextPage, hasPreviousPage },
    }));
    expect(differences(withoutCursors, expected)).toEqual([]);
  }

  it('of a tenant are all of them, page by page', { timeout: timeoutMs }, async () => {
    const asking = fc.tuple(
      randomReportQuery(calls),
      some(ofOneTenant),
      fc.constantFrom(...orders),
      fc.integer({ min: 1, max: 40 }),
    );
    await fc.assert(
      fc.asyncProperty(asking, async ([asked, by, orderBy, first]) => {
        const ofTenant = calls.filter(({ tenantId }) => tenantId === asked.tenantId);
        const zone = tenants.find(({ id }) => id === asked.tenantId)?.timezone ?? 'UTC';
        const report = resolve(ofTenant, asked, zone);
        const variables: VariablesOf<typeof Groups> = {
          ...report.variables,
          tenantId: asked.tenantId,
          by: by.map(toInput),
          orderBy,
          first,
        };
        const pages = await everyPage(async (after) => {
          const { usage } = await gateway.ask(Groups, { ...variables, after });
          expect(differences(usage.totals, countCalls(report.counted))).toEqual([]);
          return usage.groups;
        });
        expectPages(pages, report, { by, orderBy, first }, () => agentNamesOf(asked.tenantId));
      }),
      property(60),
    );
  });

  it('of all tenants are all of them, by tenant too', { timeout: timeoutMs }, async () => {
    const asking = fc.tuple(
      randomReportQuery(calls),
      some(ofAll),
      fc.constantFrom(...orders),
      fc.integer({ min: 3, max: 60 }),
    );
    await fc.assert(
      fc.asyncProperty(asking, async ([asked, by, orderBy, first]) => {
        const report = resolve(calls, asked, 'UTC');
        const variables: VariablesOf<typeof GroupsOfAll> = {
          ...report.variables,
          by: by.map(toInput),
          orderBy,
          first,
        };
        const pages = await everyPage(
          async (after) => (await gateway.ask(GroupsOfAll, { ...variables, after })).allUsage.groups,
        );
        const none: ReadonlyMap<string, string> = new Map();
        expectPages(pages, report, { by, orderBy, first }, (id) => (by.includes('TENANT') ? agentNamesOf(id) : none));
      }),
      property(30),
    );
  });
});
