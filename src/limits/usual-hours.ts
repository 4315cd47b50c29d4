import type { Temporal } from 'temporal-polyfill';
import type { TenantId } from '../values/identifier.ts';
import { zoned } from '../values/local-calendar.ts';
import type { Budget } from './budget.entity.ts';
import { periodAt, zoneAt } from './budget-period.ts';
import { periodOf } from './touched-budgets.ts';

const days = 28;

/**
 * The hours that tell what is usual at an hour that begins with an instant: those of the 28 local days before that begin
 * within the same hour of the local clock. An hour that a clock change repeats is two, one that it leaves out is none.
 */
export function usualHours(budget: Pick<Budget, 'period' | 'zones' | 'spikeFloor'>, hour: Date): Date[] {
  const timezone = zoneAt(budget, hour);
  const local = zoned(hour.getTime(), timezone);
  const found = new Set<number>();
  for (let ago = days; ago > 0; ago--) {
    const date = local.toPlainDate().subtract({ days: ago });
    for (const instant of instantsWithin(date, local.hour, timezone)) {
      const start = periodAt(budget, new Date(instant)).start.getTime();
      const begin = zoned(start, timezone);
      if (begin.hour === local.hour && begin.toPlainDate().equals(date)) found.add(start);
    }
  }
  return [...found].toSorted((a, b) => a - b).map((start) => new Date(start));
}

/** Instants in each of the hours, as a clock change may make two, that begin within an hour of a date. */
function instantsWithin(date: Temporal.PlainDate, hour: number, timezone: string): number[] {
  const first = date.toPlainDateTime({ hour });
  const last = first.add({ milliseconds: 3_599_999 });
  return [first, last].flatMap((time) =>
    (['earlier', 'later'] as const).map(
      (disambiguation) => time.toZonedDateTime(timezone, { disambiguation }).epochMilliseconds,
    ),
  );
}

/** An hour that is watched for a spike of a budget, as a record of a recordset. */
export interface Watch {
  tenant_id: TenantId;
  budget_id: string;
  period_start: string;
  usual_hours: string[];
}

export const watchOf = (budget: Budget, hour: Date): Watch => ({
  tenant_id: budget.tenantId,
  budget_id: budget.id,
  period_start: hour.toISOString(),
  usual_hours: usualHours(budget, hour).map((usual) => usual.toISOString()),
});

/** All calls of an hour have the same ones. */
const lastWatches = new WeakMap<Budget, Watch>();

/** The hours of budgets that are watched for spikes on account of a call; one that is over when the call comes is not. */
export function watches(budgets: readonly Budget[], call: { occurredAt: Date; acceptedAt: Date }): Watch[] {
  return budgets.flatMap((budget): Watch[] => {
    if (!budget.spikeFloor) return [];
    const { start, end } = periodOf(budget, call.occurredAt);
    if (end === null || end <= call.acceptedAt) return [];
    const known = lastWatches.get(budget);
    if (known?.period_start === start.toISOString()) return [known];
    const watch = watchOf(budget, start);
    lastWatches.set(budget, watch);
    return [watch];
  });
}
