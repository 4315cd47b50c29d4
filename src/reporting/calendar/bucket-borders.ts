import { ValidationError } from '../../values/errors.ts';
import {
  calendarStart,
  clockEnd,
  clockStart,
  firstDate,
  offsetMs,
  startOfDay,
  step,
  zoned,
  type CalendarUnit,
} from '../../values/local-calendar.ts';

export type Bucket = 'MINUTE' | 'HOUR' | 'DAY' | 'WEEK' | 'MONTH' | 'NONE';
type ClockUnit = 'MINUTE' | 'HOUR';

export const maxBuckets = 10_000;

const unitMs: Record<ClockUnit, number> = { MINUTE: 60_000, HOUR: 3_600_000 };
const dayMs = 86_400_000;

/**
 * The borders of the buckets that contain [from, to), ascending, one more than there are buckets. The first is at or
 * before `from`, the last at or after `to`. Days, weeks (from Monday) and months begin at local midnight, or at the
 * first instant of a day that has none. Minutes and hours follow the local clock and also begin at every clock change,
 * so that a repeated hour is two buckets.
 * @throws {ValidationError} with the number of buckets when there would be more than 10,000.
 */
export function bucketBorders(from: Date, to: Date, bucket: Exclude<Bucket, 'NONE'>, timezone: string): Date[] {
  const window = { from: from.getTime(), to: to.getTime(), timezone };
  const count = bucket === 'MINUTE' || bucket === 'HOUR' ? countClock(window, bucket) : countCalendar(window, bucket);
  if (count > maxBuckets)
    throw new ValidationError(
      `The window has ${count} ${bucket} buckets; a report has at most ${maxBuckets}. Choose a larger bucket or a shorter window.`,
      'bucket',
    );
  const borders =
    bucket === 'MINUTE' || bucket === 'HOUR' ? clockBorders(window, bucket) : calendarBorders(window, bucket);
  return borders.map((border) => new Date(border));
}

/** Start of the bucket that contains an instant; of the day for NONE. */
export function bucketStart(at: Date, bucket: Bucket, timezone: string): Date {
  const start =
    bucket === 'MINUTE' || bucket === 'HOUR'
      ? clockStart(at.getTime(), unitMs[bucket], timezone)
      : calendarStart(at.getTime(), bucket === 'NONE' ? 'DAY' : bucket, timezone);
  return new Date(start);
}

interface Window {
  from: number;
  to: number;
  timezone: string;
}

const modulo = (value: number, divisor: number) => ((value % divisor) + divisor) % divisor;

/** The spans of a window within which the local clock does not change. */
function* spans({ from, to, timezone }: Window): Generator<{ start: number; end: number; offset: number }> {
  let at = zoned(from, timezone);
  for (;;) {
    const change = at.getTimeZoneTransition('next');
    const end = change ? Math.min(change.epochMilliseconds, to) : to;
    yield { start: at.epochMilliseconds, end, offset: offsetMs(at) };
    if (!change || end === to) return;
    at = change;
  }
}

function clockBorders(window: Window, unit: ClockUnit): number[] {
  const size = unitMs[unit];
  const start = clockStart(window.from, size, window.timezone);
  const borders = [start];
  let last = start;
  for (const { end, offset } of spans({ ...window, from: start })) {
    for (let border = last - modulo(last + offset, size) + size; border < end; border += size) borders.push(border);
    borders.push(end);
    last = end;
  }
  // The last bucket ends with its minute or hour, or with an earlier clock change.
  const lastStart = borders.at(-2) ?? start;
  borders[borders.length - 1] = clockEnd(lastStart, size, window.timezone);
  return borders;
}

/** Longer windows are refused anyway, so their buckets are counted without the few that clock changes add. */
const exactCountMs = 400 * 366 * dayMs;

function countClock(window: Window, unit: ClockUnit): number {
  const size = unitMs[unit];
  const start = clockStart(window.from, size, window.timezone);
  if (window.to - start > exactCountMs) return Math.ceil((window.to - start) / size);
  let count = 0;
  for (const { start: begin, end, offset } of spans({ ...window, from: start }))
    count += Math.ceil((end + offset) / size) - Math.floor((begin + offset) / size);
  return count;
}

function calendarBorders(window: Window, unit: CalendarUnit): number[] {
  let date = firstDate(window.from, unit, window.timezone);
  const borders = [startOfDay(date, window.timezone)];
  for (let last = borders[0] ?? window.from; last < window.to;) {
    date = date.add(step[unit]);
    const border = startOfDay(date, window.timezone);
    // A day that the zone skipped altogether has no length and is left out.
    if (border > last) borders.push(border);
    last = border;
  }
  return borders;
}

function countCalendar(window: Window, unit: CalendarUnit): number {
  const first = firstDate(window.from, unit, window.timezone);
  const last = firstDate(window.to - 1, unit, window.timezone);
  if (unit === 'MONTH') return first.until(last, { largestUnit: 'months' }).months + 1;
  const days = first.until(last, { largestUnit: 'days' }).days;
  return unit === 'WEEK' ? days / 7 + 1 : days + 1 - countSkippedDays(window);
}

/** No zone skips a day outside these years, and searching for clock changes takes time. */
const skippedDaysMs = { from: Date.UTC(1800, 0, 1), to: Date.UTC(2100, 0, 1) };

/** Number of dates that the zone skipped by putting its clock forward by a whole day. */
function countSkippedDays({ from, to, timezone }: Window): number {
  const searched = { from: Math.max(from, skippedDaysMs.from), to: Math.min(to, skippedDaysMs.to), timezone };
  let count = 0;
  let lastReading = Infinity;
  for (const { start, end, offset } of spans(searched)) {
    count += Math.max(0, Math.floor((start + offset) / dayMs) - Math.ceil(lastReading / dayMs));
    lastReading = end + offset;
  }
  return count;
}
