import { calendarStart, nextCalendarStart } from '../values/local-calendar.ts';

export type BudgetPeriod = 'DAY' | 'WEEK' | 'MONTH' | 'YEAR' | 'TOTAL';

/** A time zone whose clock periods follow from an instant on, in ISO notation; null for from ever. */
export interface Zone {
  timezone: string;
  from: string | null;
}

/** A period of a budget; one that never ends has no end. */
export interface PeriodSpan {
  start: Date;
  /** Exclusive. */
  end: Date | null;
}

/** Begin of a budget's only period that has no others. No call is earlier. */
export const beginningOfTotal = new Date('0001-01-01T00:00:00Z');

/** The periods of a budget. */
export interface Periodic {
  period: BudgetPeriod;
  zones: readonly Zone[];
}

/**
 * The period that contains an instant. Where the time zone changes, the running period has ended by its old clock; the
 * next one runs from there to the first border of the new clock.
 */
export function periodAt({ period, zones }: Periodic, at: Date): PeriodSpan {
  if (period === 'TOTAL') return { start: beginningOfTotal, end: null };
  const time = at.getTime();
  const begins = zones.map(({ from }) => (from === null ? -Infinity : Date.parse(from)));
  const place = begins.findLastIndex((begin) => begin <= time);
  const timezone = zones[place]?.timezone ?? 'UTC';
  const start = Math.max(calendarStart(time, period, timezone), begins[place] ?? -Infinity);
  const end = Math.min(nextCalendarStart(time, period, timezone), begins[place + 1] ?? Infinity);
  return { start: new Date(start), end: new Date(end) };
}

/** The zones of a budget whose tenant gets another one: the running period still ends by the clock that it began with. */
export function changedZones(budget: Periodic, timezone: string, now: Date): Zone[] {
  const { end } = periodAt(budget, now);
  const begun = budget.zones.filter(({ from }) => from === null || Date.parse(from) <= now.getTime());
  if (end === null || begun.at(-1)?.timezone === timezone) return begun;
  return [...begun, { timezone, from: end.toISOString() }];
}
