import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Budget, BudgetMetric } from '../limits/budget.entity.ts';
import type { PeriodSpan } from '../limits/budget-period.ts';
import type { Counted } from '../limits/counter.repository.ts';
import { rankedBy } from '../reporting/query/plan-report.ts';
import type { Grouping, UsageOrder } from '../reporting/query/report-query.ts';
import { aggregateUsage } from '../reporting/usage.repository.ts';
import { callCount } from '../rollup/measures.ts';
import { reportedScope } from './budget-scope.ts';

/** By which order of reports a metric ranks, and so which columns add up to it. */
const orders: Record<BudgetMetric, UsageOrder> = {
  COST_USD: 'COST_DESC',
  TOTAL_TOKENS: 'TOKENS_DESC',
  CALLS: 'CALLS_DESC',
};

/** Columns of reports that add up to what a budget counts. */
export const countedColumns = (metric: BudgetMetric): readonly string[] => rankedBy[orders[metric]];

/** No call is that much later than now. */
const dayMs = 86_400_000;

/** Every value is needed: the largest `limit` that SQL takes here. */
const everyValue = 2 ** 31 - 1;

/** A counter of a budget, as it has to be. */
export interface CountedPeriod extends Counted {
  periodStart: Date;
  value: string;
}

/** What a budget's calls in a period add up to by the ledger and its summaries. Zeros are left out. */
export async function countPeriod(
  em: SqlEntityManager,
  budget: Budget,
  { start, end }: PeriodSpan,
  now: Date,
): Promise<CountedPeriod[]> {
  const { dimensions } = reportedScope(budget);
  const grouping: Grouping =
    dimensions.length > 0
      ? { by: 'dimensions', dimensions, first: everyValue, orderBy: orders[budget.metric] }
      : { by: 'total' };
  const to = end ?? new Date(now.getTime() + dayMs);
  const rows = await read(em, budget, { from: start, to }, grouping);
  return rows.map(({ value, spent, calls }) => ({ periodStart: start, value, spent, calls }));
}

/** What a budget's calls add up to in each of the hours between borders. Hours without calls are left out. */
export async function countHours(
  em: SqlEntityManager,
  budget: Budget,
  borders: readonly Date[],
): Promise<CountedPeriod[]> {
  const [from, to] = [borders[0], borders.at(-1)];
  if (!from || !to) return [];
  const { dimensions } = reportedScope(budget);
  const bucketing = { bucket: 'HOUR' as const, timezone: 'UTC', borders };
  // All groups are on the page, so that there are no others.
  const others = { othersColumns: [callCount.column], othersBuckets: false };
  const page = { first: everyValue, orderBy: orders[budget.metric], after: null, ...others };
  const grouping: Grouping =
    dimensions.length > 0 ? { by: 'page', dimensions, ...page, bucketing } : { by: 'bucket', ...bucketing };
  const rows = await read(em, budget, { from, to }, grouping);
  // A bucket of a group has the group's rank.
  const values = new Map(rows.flatMap(({ bucket, rank, value }) => (bucket === null ? [[rank, value] as const] : [])));
  return rows.flatMap(({ bucket, rank, spent, calls }) => {
    const periodStart = bucket === null ? undefined : borders[bucket];
    const value = dimensions.length > 0 ? values.get(rank) : '';
    return periodStart && value !== undefined ? [{ periodStart, value, spent, calls }] : [];
  });
}

interface Row extends Counted {
  /** Empty for a bucket of a group. */
  value: string;
  bucket: number | null;
  rank: number | null;
}

async function read(
  em: SqlEntityManager,
  budget: Budget,
  window: { from: Date; to: Date },
  grouping: Grouping,
): Promise<Row[]> {
  const { filters, dimensions } = reportedScope(budget);
  const metric = countedColumns(budget.metric);
  const columns = [...new Set([...metric, callCount.column])];
  const query = { tenantId: budget.tenantId, ...window, filters };
  const [rows = []] = await aggregateUsage(em, [{ query, grouping, columns }], Infinity);
  if (rows instanceof Error) throw rows;
  return rows.flatMap(({ keys, bucket, rank, stats }) => {
    const value = bucket === null ? (keys[0] ?? '') : '';
    const spent = stats.sum(metric);
    const calls = budget.spikeFloor ? stats.sum([callCount.column]).toNumber() : null;
    // A budget for each value of a dimension is for none of the calls without a value.
    const isOfNone = dimensions.length > 0 && bucket === null && value === '';
    const isNothing = calls === null ? spent.eq(0) : calls === 0;
    return isOfNone || isNothing ? [] : [{ value, bucket, rank, spent, calls }];
  });
}
