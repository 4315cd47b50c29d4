import { Temporal } from 'temporal-polyfill';

export type CalendarUnit = 'DAY' | 'WEEK' | 'MONTH' | 'YEAR';

/** An instant in milliseconds on the clock of a time zone. */
export const zoned = (at: number, timezone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);

export const offsetMs = (at: Temporal.ZonedDateTime): number => at.offsetNanoseconds / 1_000_000;

export const step: Record<CalendarUnit, { days: number } | { weeks: number } | { months: number } | { years: number }> =
  {
    DAY: { days: 1 },
    WEEK: { weeks: 1 },
    MONTH: { months: 1 },
    YEAR: { years: 1 },
  };

/** Local midnight at which a date begins, or the first instant of a date that has none. */
export const startOfDay = (date: Temporal.PlainDate, timezone: string): number =>
  date.toZonedDateTime(timezone).epochMilliseconds;

/**
 * First date of the day, week, month or year that contains an instant, decided by its borders rather than by the local date.
 * When a clock is set back across midnight, the repeated hour belongs to the new day, which has already begun.
 */
export function firstDate(at: number, unit: CalendarUnit, timezone: string): Temporal.PlainDate {
  const date = dateOf(at, unit, timezone);
  const next = date.add(step[unit]);
  return startOfDay(next, timezone) <= at ? next : date;
}

/** First local date of the day, week, month or year that contains an instant, as the clock shows it. */
function dateOf(at: number, unit: CalendarUnit, timezone: string): Temporal.PlainDate {
  const date = zoned(at, timezone).toPlainDate();
  if (unit === 'YEAR') return date.with({ month: 1, day: 1 });
  if (unit === 'MONTH') return date.with({ day: 1 });
  return unit === 'WEEK' ? date.subtract({ days: date.dayOfWeek - 1 }) : date;
}

/** Instant at which the local day, week, month or year that contains an instant begins. */
export const calendarStart = (at: number, unit: CalendarUnit, timezone: string): number =>
  startOfDay(firstDate(at, unit, timezone), timezone);

/** Instant at which the local day, week, month or year after the one that contains an instant begins. */
export function nextCalendarStart(at: number, unit: CalendarUnit, timezone: string): number {
  const start = firstDate(at, unit, timezone);
  let next = start;
  let begin: number;
  // A day that the zone skipped altogether has no length.
  do {
    next = next.add(step[unit]);
    begin = startOfDay(next, timezone);
  } while (begin <= at);
  return begin;
}

const modulo = (value: number, divisor: number) => ((value % divisor) + divisor) % divisor;

/** Instant at which the minute or hour of the local clock that contains an instant begins; also at every clock change. */
export function clockStart(at: number, unitMs: number, timezone: string): number {
  const start = at - modulo(at + offsetMs(zoned(at, timezone)), unitMs);
  // Searched from the next millisecond, since "previous" leaves out a change at the instant itself.
  const change = zoned(at + 1, timezone).getTimeZoneTransition('previous')?.epochMilliseconds ?? -Infinity;
  return Math.max(start, change);
}

/** Instant at which the minute or hour of the local clock that contains an instant ends. */
export function clockEnd(at: number, unitMs: number, timezone: string): number {
  const local = zoned(at, timezone);
  const end = at - modulo(at + offsetMs(local), unitMs) + unitMs;
  return Math.min(end, local.getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity);
}
