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
  return (await read(em, budget, { from: start, to }, grouping)).map((row) => ({ periodStart: start, ...row }));
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
  const page = { first: everyValue, orderBy: orders[budget.metric], after: null, othersColumns: [] };
  const grouping: Grouping =
    dimensions.length > 0
      ? { by: 'page', dimensions, ...page, bucketing, othersBuckets: false }
      : { by: 'bucket', ...bucketing };
  const rows = await read(em, budget, { from, to }, grouping);
  return rows.flatMap(({ bucket, ...row }) => {
    const periodStart = bucket === null ? undefined : borders[bucket];
    return periodStart ? [{ ...row, periodStart }] : [];
  });
}

async function read(
  em: SqlEntityManager,
  budget: Budget,
  window: { from: Date; to: Date },
  grouping: Grouping,
): Promise<(Counted & { value: string; bucket: number | null })[]> {
  const { filters, dimensions } = reportedScope(budget);
  const metric = countedColumns(budget.metric);
  const columns = [...new Set([...metric, callCount.column])];
  const query = { tenantId: budget.tenantId, ...window, filters };
  const [rows = []] = await aggregateUsage(em, [{ query, grouping, columns }], Infinity);
  return rows.flatMap(({ keys, bucket, stats }) => {
    const value = keys[0] ?? '';
    const spent = stats.sum(metric);
    const calls = budget.spikeFloor ? stats.sum([callCount.column]).toNumber() : null;
    // A budget for each value of a dimension is for none of the calls without a value.
    const counts = (dimensions.length === 0 || value !== '') && !(calls === null ? spent.eq(0) : calls === 0);
    return counts ? [{ value, bucket, spent, calls }] : [];
  });
}
