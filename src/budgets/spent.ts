import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Budget, BudgetMetric } from '../limits/budget.entity.ts';
import type { PeriodSpan } from '../limits/budget-period.ts';
import { rankedBy } from '../reporting/query/plan-report.ts';
import type { UsageOrder } from '../reporting/query/report-query.ts';
import { aggregateUsage } from '../reporting/usage.repository.ts';
import type { Decimal } from '../values/money.ts';
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

/** What a budget's calls in a period add up to by the ledger and its summaries, by value. Zeros are left out. */
export async function spentByReports(
  em: SqlEntityManager,
  budget: Budget,
  { start, end }: PeriodSpan,
  now: Date,
): Promise<Map<string, Decimal>> {
  const { filters, dimensions } = reportedScope(budget);
  const columns = countedColumns(budget.metric);
  const query = { tenantId: budget.tenantId, from: start, to: end ?? new Date(now.getTime() + dayMs), filters };
  const grouping =
    dimensions.length > 0
      ? { by: 'dimensions' as const, dimensions, first: everyValue, orderBy: orders[budget.metric] }
      : { by: 'total' as const };
  const [rows = []] = await aggregateUsage(em, [{ query, grouping, columns }], Infinity);
  if (rows instanceof Error) throw rows;
  const spent = rows.map(({ keys, stats }) => [keys[0] ?? '', stats.sum(columns)] as const);
  // A budget for each value of a dimension is for none of the calls without a value.
  const counted = spent.filter(([value, sum]) => !sum.eq(0) && (dimensions.length === 0 || value !== ''));
  return new Map(counted);
}
