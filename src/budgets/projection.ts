import type { RequestContext } from '../caller/request-context.ts';
import type { ReportQuery } from '../reporting/query/report-query.ts';
import { loadBegin, loadTotals } from '../reporting/usage.loader.ts';
import { callCount } from '../rollup/measures.ts';
import { BeyondRetentionError } from '../values/errors.ts';
import type { Decimal } from '../values/money.ts';
import { reportedScope } from './budget-scope.ts';
import type { BudgetStanding } from './budget-states.ts';
import { countedColumns } from './spent.ts';

const hourMs = 3_600_000;
const wholeHours = 168;
const fractionDigits = 18;

/** The hours that a projection goes by: from `from`, or the first call, to the begin of the current hour. */
export function projectionWindow(firstCall: Date | null, now: Date): { from: Date; to: Date } | undefined {
  const to = Math.floor(now.getTime() / hourMs) * hourMs;
  const from = Math.max(to - wholeHours * hourMs, firstCall?.getTime() ?? to);
  return to - from < hourMs ? undefined : { from: new Date(from), to: new Date(to) };
}

/**
 * What will be spent by the end of a period at the pace of the last hours: spent + (spent in the window / its hours) x the
 * hours that are left, to 18 decimals. All hours may be fractions.
 */
export function projected(
  spent: Decimal,
  { from, to, amount }: { from: Date; to: Date; amount: Decimal },
  { now, resetsAt }: { now: Date; resetsAt: Date },
): Decimal {
  const leftMs = resetsAt.getTime() - now.getTime();
  return spent.plus(amount.times(leftMs).div(to.getTime() - from.getTime())).round(fractionDigits);
}

/**
 * The first call of a scope. Where no summary of what has left the ledger tells it, any instant before the hours that count is as
 * good, if there are calls from before them; otherwise it is not known, as if there were none.
 */
async function loadFirstCall(
  context: RequestContext,
  scope: Pick<ReportQuery, 'tenantId' | 'filters'>,
): Promise<Date | null> {
  const { now } = context;
  try {
    return await loadBegin(context, { ...scope, from: null, to: now });
  } catch (error) {
    if (!(error instanceof BeyondRetentionError)) throw error;
    const from = new Date(error.details.completeFrom);
    const to = projectionWindow(from, now)?.from;
    if (!to || from >= to) return null;
    const calls = [callCount.column];
    const earlier = await loadTotals(context, { ...scope, from, to }, calls);
    return earlier.sum(calls).gt(0) ? from : null;
  }
}

/** The projection of a state; null for a budget that never resets, and before there is an hour of history. */
export async function loadProjected(
  context: RequestContext,
  { budget, value, spent, resetsAt }: BudgetStanding,
): Promise<Decimal | null> {
  if (!resetsAt) return null;
  const { now } = context;
  const of = reportedScope(budget);
  const filters = budget.eachDimension ? { ...of.filters, [budget.eachDimension]: [value ?? ''] } : of.filters;
  const firstCall = await loadFirstCall(context, { tenantId: budget.tenantId, filters });
  const window = projectionWindow(firstCall, now);
  if (!window) return null;
  const columns = countedColumns(budget.metric);
  const totals = await loadTotals(context, { tenantId: budget.tenantId, ...window, filters }, columns);
  return projected(spent, { ...window, amount: totals.sum(columns) }, { now, resetsAt });
}
