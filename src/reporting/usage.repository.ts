import { sql, type QueryExecutorProvider } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession, inSnapshot } from '../database/session.ts';
import { holdingsSql, readHoldings, type HoldingRow } from '../rollup/holdings.repository.ts';
import { firstCallSql, type Unbounded } from './query/first-call-sql.ts';
import { planReport, type Numbered, type ReportPlan, type Scope } from './query/plan-report.ts';
import { readCallsSql, readRanges } from './query/read-calls-sql.ts';
import { allTenants, groupKeys, type Aggregation } from './query/report-query.ts';
import { reportSql } from './query/report-sql.ts';
import { GatewayError, type BeyondRetentionError } from '../values/errors.ts';
import { findBegins, findFirstKept, type Begins } from './first-kept.repository.ts';
import { findRefused } from './beyond-retention.repository.ts';
import { UsageStats, type SummaryRow } from './usage-stats.ts';

/** One group of an aggregation, with its totals. */
export interface UsageRow {
  /** Its value of each dimension that is grouped by, in the order of the grouping; `noneKey` for none. */
  keys: readonly string[];
  /** Index of the bucket, from 0; null unless grouped by bucket. */
  bucket: number | null;
  /** Place among the groups, from 1; null where they are not ranked, and for those that are not on a page. */
  rank: number | null;
  stats: UsageStats;
  page: PageRow;
}

/** What rows of a page of groups tell besides. */
export interface PageRow {
  /** Of a group, the name that its agent is sorted by; null where groups are not told apart by agent. */
  name: string | null;
  /** Of all groups that are not on the page, how many they are, and how many of them come after it. */
  groupCount: bigint;
  following: bigint;
}

/**
 * Answers any number of aggregations from one snapshot of the ledger and the summaries, so that the numbers of a request
 * always add up. It runs one statement for what tenants hold, one for all aggregations of single tenants, and one for
 * those over all tenants. Rows of dimensions are in the order asked for; a group without calls has no row.
 * @param maxCalls most calls that may be read one by one.
 * @throws {GatewayError} QUERY_TOO_COSTLY with how many it would be; then nothing was read.
 * @returns in place of rows the reason why there are none, where only calls that have left the ledger could tell.
 */
export async function aggregateUsage(
  em: SqlEntityManager,
  aggregations: readonly Aggregation[],
  maxCalls: number,
): Promise<(UsageRow[] | BeyondRetentionError)[]> {
  if (aggregations.length === 0) return [];
  const numbered = aggregations.map((aggregation, no) => ({ ...aggregation, no }));
  const tenantIds = new Set(
    aggregations.flatMap(({ query: { tenantId } }) => (tenantId === allTenants ? [] : [tenantId])),
  );
  const [only] = tenantIds;
  const scope: Scope = only !== undefined && tenantIds.size === 1 ? { of: 'one', tenantId: only } : { of: 'some' };
  const opening = holdingsSql(numbered.some(isOverAll) ? 'all' : [...tenantIds]);
  return inSnapshot<HoldingRow, (UsageRow[] | BeyondRetentionError)[]>(em, opening, async (rows, db) => {
    const earliest = new Date(Math.min(...aggregations.map(({ query }) => query.from.getTime())));
    const holdings = await readHoldings(db, rows, earliest);
    const plansOf = (asked: readonly Numbered[]): ReportPlan[] => {
      const [overAll, single] = [asked.filter(isOverAll), asked.filter((one) => !isOverAll(one))];
      return [
        ...(single.length > 0 ? [planReport(single, scope, holdings)] : []),
        ...(overAll.length > 0 ? [planReport(overAll, { of: 'all' }, holdings)] : []),
      ];
    };
    const asked = plansOf(numbered);
    const refused = await findRefused(
      db,
      asked.flatMap(({ sections }) => sections.flatMap(({ gone }) => gone)),
    );
    const plans = refused.size === 0 ? asked : plansOf(numbered.filter(({ no }) => !refused.has(no)));
    await checkCost(db, plans, maxCalls);
    const answers: UsageRow[][] = aggregations.map(() => []);
    for (const plan of plans) for (const [no, row] of await readGroups(db, numbered, plan)) answers[no]?.push(row);
    return answers.map((answer, no) => refused.get(no) ?? answer);
  });
}

const isOverAll = ({ query }: Aggregation) => query.tenantId === allTenants;

type GroupRow = SummaryRow & {
  no: number;
  rank: string | null;
  bucket: number | null;
  name?: string | null;
  group_count?: string | null;
  following?: string | null;
};

/** @throws {GatewayError} QUERY_TOO_COSTLY when plans read more calls one by one than they may. */
async function checkCost(db: QueryExecutorProvider, plans: readonly ReportPlan[], maxCalls: number): Promise<void> {
  const ranges = plans.flatMap(readRanges);
  if (ranges.length === 0) return;
  const { rows } = await sql<{ calls: string }>`${readCallsSql(ranges)}`.execute(db);
  const calls = rows.reduce((sum, row) => sum + Number(row.calls), 0);
  if (calls > maxCalls)
    throw new GatewayError(
      'QUERY_TOO_COSTLY',
      `The request would read about ${calls} calls one by one, as no summary answers it; at most ${maxCalls} are allowed. Ask for a shorter window, for fewer reports at once, or by agent, provider, model or channel alone.`,
    );
}

async function readGroups(
  db: QueryExecutorProvider,
  aggregations: readonly Numbered[],
  plan: ReportPlan,
): Promise<[number, UsageRow][]> {
  const byNumber = new Map(aggregations.map((aggregation) => [aggregation.no, aggregation]));
  const { rows } = await sql<GroupRow>`${reportSql(plan)}`.execute(db);
  return rows
    .toSorted((a, b) => Number(a.rank ?? 0) - Number(b.rank ?? 0))
    .map((row) => {
      const aggregation = byNumber.get(row.no);
      if (!aggregation) throw new Error(`There is no aggregation ${row.no}.`);
      const { grouping, columns } = aggregation;
      const isOthers = grouping.by === 'page' && row.rank === null;
      return [
        row.no,
        {
          keys: groupKeys(grouping).map((_name, index) => String(row[`key_${index + 1}`])),
          bucket: row.bucket,
          rank: row.rank === null ? null : Number(row.rank),
          stats: new UsageStats(row, isOthers ? grouping.othersColumns : columns),
          page: {
            name: row.name ?? null,
            groupCount: BigInt(row.group_count ?? 0),
            following: BigInt(row.following ?? 0),
          },
        },
      ];
    });
}

/**
 * Time of the first call of each query, read in one statement; null for none. Of one that has left the ledger it is the begin
 * of the hour, day or month that it was in, or the reason why nothing that stayed tells it.
 */
export async function findFirstCalls(
  em: SqlEntityManager,
  queries: readonly Unbounded[],
): Promise<(Date | null | BeyondRetentionError)[]> {
  const first: (Date | null | BeyondRetentionError)[] = queries.map(() => null);
  if (queries.length === 0) return first;
  const db = inSession(em);
  const read = async (begins?: Begins) =>
    (await sql<{ no: number; first_ms: string; has_left: boolean }>`${firstCallSql(queries, begins)}`.execute(db)).rows;
  let rows = await read();
  if (rows.length < queries.length || rows.some((row) => row.has_left)) {
    const tenantIds = queries.flatMap(({ tenantId }) => (tenantId === allTenants ? [] : [tenantId]));
    const begins = await findBegins(db, tenantIds.length < queries.length ? allTenants : tenantIds);
    if (begins.size > 0) {
      for (const [no, query] of queries.entries()) first[no] = await findFirstKept(db, query, begins);
      rows = await read(begins);
    }
  }
  for (const row of rows) {
    const kept = first[row.no];
    if (kept instanceof Error) continue;
    const inLedger = Number(row.first_ms);
    first[row.no] = new Date(Math.min(kept?.getTime() ?? inLedger, inLedger));
  }
  return first;
}
