import { calendarStart, clockEnd, clockStart, nextCalendarStart, type CalendarUnit } from '../values/local-calendar.ts';
import type { Decimal } from '../values/money.ts';

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
  /** Given for a budget that watches for spikes: it goes by hours of the local clock, whatever its period is. */
  spikeFloor?: Decimal | null | undefined;
}

const hourMs = 3_600_000;

const startOf = (at: number, unit: CalendarUnit | 'HOUR', timezone: string): number =>
  unit === 'HOUR' ? clockStart(at, hourMs, timezone) : calendarStart(at, unit, timezone);
const endOf = (at: number, unit: CalendarUnit | 'HOUR', timezone: string): number =>
  unit === 'HOUR' ? clockEnd(at, hourMs, timezone) : nextCalendarStart(at, unit, timezone);

/**
 * The period that contains an instant. Where the time zone changes, the running period has ended by its old clock; the
 * next one runs from there to the first border of the new clock.
 */
export function periodAt({ period, zones, spikeFloor }: Periodic, at: Date): PeriodSpan {
  const unit = spikeFloor ? 'HOUR' : period;
  if (unit === 'TOTAL') return { start: beginningOfTotal, end: null };
  const time = at.getTime();
  const begins = zones.map(({ from }) => (from === null ? -Infinity : Date.parse(from)));
  const place = begins.findLastIndex((begin) => begin <= time);
  const timezone = zones[place]?.timezone ?? 'UTC';
  const start = Math.max(startOf(time, unit, timezone), begins[place] ?? -Infinity);
  const end = Math.min(endOf(time, unit, timezone), begins[place + 1] ?? Infinity);
  return { start: new Date(start), end: new Date(end) };
}

/** The time zone whose clock a budget follows at an instant. */
export const zoneAt = ({ zones }: Pick<Periodic, 'zones'>, at: Date): string =>
  zones.findLast(({ from }) => from === null || Date.parse(from) <= at.getTime())?.timezone ?? 'UTC';

/** The zones of a budget whose tenant gets another one: the running period still ends by the clock that it began with. */
export function changedZones(budget: Periodic, timezone: string, now: Date): Zone[] {
  const { start, end } = periodAt(budget, now);
  const begun = budget.zones.filter(({ from }) => from === null || Date.parse(from) <= now.getTime());
  if (end === null || begun.at(-1)?.timezone === timezone) return begun;
  const next = { timezone, from: end.toISOString() };
  if (!budget.spikeFloor) return [...begun, next];
  // What is usual at a local hour is told by the new clock, back to the first call.
  const running = { timezone: zoneAt(budget, now), from: start.toISOString() };
  return [{ timezone, from: null }, running, next];
}
