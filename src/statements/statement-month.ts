import { Temporal } from 'temporal-polyfill';
import { beginningOfTime, localMidnight } from '../reporting/calendar/windows.ts';
import { zoned } from '../values/local-calendar.ts';
import type { LocalDate } from '../values/local-date.ts';

/** A month that is closed, or is being closed, with the borders that it keeps. */
export interface FixedMonth {
  from: Date;
  /** Exclusive. */
  to: Date;
  /** Null while it is being closed. */
  closedAt: Date | null;
}

/** A time zone by whose clock months end, from one on. */
export interface ZoneFrom {
  /** The first date of the month. */
  month: string;
  timezone: string;
}

/** What tells a tenant's months apart. */
export interface StatementCalendar {
  /** The tenant's time zone. */
  timezone: string;
  /** The zones that it had, in the order of time; empty while it has never had another one. */
  zones: readonly ZoneFrom[];
  /** By the first date of the month. */
  fixed: ReadonlyMap<string, FixedMonth>;
}

export interface StatementMonth extends FixedMonth {
  /** Its first date. */
  month: string;
  /** Adjustments from here until its end are its own: those of closed months right before it that they do not hold. */
  adjustedFrom: Date;
}

/** No call is later: years have four digits. */
const endOfTime = new Date('9999-12-31T23:59:59.999Z');
const firstMonth = Temporal.PlainDate.from('0001-01-01');
const lastMonth = Temporal.PlainDate.from('9999-12-01');

const next = (month: LocalDate) => month.add({ months: 1 });
const previous = (month: LocalDate) => month.subtract({ months: 1 });

/** The zone by whose clock a month ends: a change within a month holds from the next one on. */
const zoneOf = ({ zones, timezone }: StatementCalendar, month: LocalDate): string =>
  (zones.findLast((zone) => zone.month <= month.toString()) ?? zones[0])?.timezone ?? timezone;

/** Where a month begins, which is where the one before it ends: months have neither gaps nor calls in common. */
function begin(calendar: StatementCalendar, month: LocalDate): Date {
  if (month.equals(firstMonth)) return beginningOfTime;
  const before = previous(month);
  const fixed = calendar.fixed.get(before.toString())?.to ?? calendar.fixed.get(month.toString())?.from;
  return fixed ?? localMidnight(month, zoneOf(calendar, before));
}

/** The month that a date is in. */
export function monthOf(calendar: StatementCalendar, date: LocalDate): StatementMonth {
  const month = date.with({ day: 1 });
  const from = begin(calendar, month);
  const to = month.equals(lastMonth) ? endOfTime : begin(calendar, next(month));
  const closedAt = calendar.fixed.get(month.toString())?.closedAt ?? null;
  let adjustedFrom = from;
  for (let before = previous(month); ; before = previous(before)) {
    const closed = calendar.fixed.get(before.toString());
    if (!closed?.closedAt) break;
    adjustedFrom = closed.from;
  }
  return { month: month.toString(), from, to, closedAt, adjustedFrom };
}

/** The zones of a tenant that gets another one: the running month still ends by the clock that it began with. */
export function zonesWith(calendar: StatementCalendar, timezone: string, now: Date): ZoneFrom[] {
  let date = zoned(now.getTime(), calendar.timezone).toPlainDate().with({ day: 1 });
  while (now < monthOf(calendar, date).from) date = previous(date);
  while (now >= monthOf(calendar, date).to) date = next(date);
  const from = next(date).toString();
  const before = calendar.zones.filter(({ month }) => month < from);
  const known = before.length > 0 ? before : [{ month: firstMonth.toString(), timezone: calendar.timezone }];
  return known.at(-1)?.timezone === timezone ? known : [...known, { month: from, timezone }];
}
