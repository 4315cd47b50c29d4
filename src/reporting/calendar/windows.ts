import { Temporal } from 'temporal-polyfill';
import { startOfDay, zoned } from '../../values/local-calendar.ts';

/** A window [from, to). */
export interface Window {
  from: Date;
  to: Date;
}

/** Before every call, since the years of occurredAt have four digits. */
export const beginningOfTime = new Date('0001-01-01T00:00:00Z');

const dayMs = 86_400_000;

/** A window that a word stands for, of local dates around today; without `to` it lasts until now. */
type Days = (today: Temporal.PlainDate) => { from: Temporal.PlainDate; to?: Temporal.PlainDate };

const monday = (date: Temporal.PlainDate) => date.subtract({ days: date.dayOfWeek - 1 });
const lastDays =
  (days: number): Days =>
  (today) => ({ from: today.subtract({ days: days - 1 }) });

const ofDays = {
  TODAY: (today) => ({ from: today }),
  YESTERDAY: (today) => ({ from: today.subtract({ days: 1 }), to: today }),
  THIS_WEEK: (today) => ({ from: monday(today) }),
  LAST_WEEK: (today) => ({ from: monday(today).subtract({ weeks: 1 }), to: monday(today) }),
  THIS_MONTH: (today) => ({ from: today.with({ day: 1 }) }),
  LAST_MONTH: (today) => ({ from: today.with({ day: 1 }).subtract({ months: 1 }), to: today.with({ day: 1 }) }),
  THIS_YEAR: (today) => ({ from: today.with({ month: 1, day: 1 }) }),
  LAST_7_DAYS: lastDays(7),
  LAST_30_DAYS: lastDays(30),
  LAST_90_DAYS: lastDays(90),
} satisfies Record<string, Days>;

/** A window in a word, on the local clock. */
export type Period = keyof typeof ofDays | 'LAST_24_HOURS';

/** The window of a period. `end` is where one that lasts until now ends. */
export function periodWindow(period: Period, now: Date, end: Date, timezone: string): Window {
  if (period === 'LAST_24_HOURS') return { from: new Date(end.getTime() - dayMs), to: end };
  const { from, to }: ReturnType<Days> = ofDays[period](zoned(now.getTime(), timezone).toPlainDate());
  return { from: localMidnight(from, timezone), to: to === undefined ? end : localMidnight(to, timezone) };
}

/** First instant of a local date. */
export const localMidnight = (date: Temporal.PlainDate, timezone: string): Date =>
  withinTime(startOfDay(date, timezone));

/** An instant, or the beginning of time where it would be before that. */
export const withinTime = (at: number): Date => new Date(Math.max(at, beginningOfTime.getTime()));

/** A window before another one, to compare with. */
export type Comparison = 'PREVIOUS_PERIOD' | keyof typeof shifts;

const shifts = {
  PREVIOUS_WEEK: { weeks: 1 },
  PREVIOUS_MONTH: { months: 1 },
  PREVIOUS_YEAR: { years: 1 },
} satisfies Record<string, Temporal.DurationLike>;

/**
 * The window before another one. PREVIOUS_PERIOD is as long and ends where the other begins; where that is a number of
 * whole local days, so is this one. The others shift both borders on the local calendar, so that 31 March becomes the last
 * of February; where nothing of the window would be left, its local length is kept instead. Nothing is before the year 1:
 * a window that would be is as short as one can be.
 */
export function windowBefore({ from, to }: Window, comparison: Comparison, timezone: string): Window {
  const [begin, end] = [zoned(from.getTime(), timezone), zoned(to.getTime(), timezone)];
  if (comparison === 'PREVIOUS_PERIOD') {
    const before =
      startsDay(begin) && startsDay(end)
        ? startOfDay(begin.toPlainDate().subtract(begin.toPlainDate().until(end.toPlainDate())), timezone)
        : 2 * from.getTime() - to.getTime();
    return within(before, from.getTime());
  }
  const by = shifts[comparison];
  const shiftedFrom = shifted(begin, (local) => local.subtract(by));
  const shiftedTo = shifted(end, (local) => local.subtract(by));
  if (shiftedTo > shiftedFrom) return within(shiftedFrom, shiftedTo);
  const length = begin.toPlainDateTime().until(end.toPlainDateTime());
  return within(
    shiftedFrom,
    shifted(zoned(shiftedFrom, timezone), (local) => local.add(length)),
  );
}

function within(from: number, to: number): Window {
  const begin = withinTime(from);
  return { from: begin, to: new Date(Math.max(to, begin.getTime() + 1)) };
}

const startsDay = (at: Temporal.ZonedDateTime) => startOfDay(at.toPlainDate(), at.timeZoneId) === at.epochMilliseconds;

/**
 * An instant moved on its local clock. The first instant of a day stays one. A time that the clock skips moves forward,
 * and one that it shows twice keeps its offset where it can.
 */
function shifted(at: Temporal.ZonedDateTime, move: (local: Temporal.PlainDateTime) => Temporal.PlainDateTime): number {
  const local = at.toPlainDateTime();
  if (startsDay(at)) {
    const moved = move(local.toPlainDate().toPlainDateTime());
    if (moved.toPlainTime().equals(new Temporal.PlainTime())) return startOfDay(moved.toPlainDate(), at.timeZoneId);
  }
  const moved = move(local);
  return Temporal.ZonedDateTime.from(`${moved.toString()}${at.offset}[${at.timeZoneId}]`, { offset: 'prefer' })
    .epochMilliseconds;
}
