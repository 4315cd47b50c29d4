import { LRUCache } from 'lru-cache';
import { calendarStart, offsetMs, zoned } from '../values/local-calendar.ts';

/** Lengths of time that begin at local midnight. */
export type LocalUnit = 'DAY' | 'MONTH';

/** A time within which a zone's clock does not change. */
export interface ClockSpan {
  /** When it begins, in milliseconds; the first one is from ever. */
  since: number;
  offsetMs: number;
  /** Begin of the local day and of the local month that are running at `since`. */
  began: Readonly<Record<LocalUnit, number>>;
}

/**
 * The clock of a time zone, as borders of days and months need it: they are found by arithmetic alone, alike here and in
 * the database, which is given the spans and needs no time zone data of its own.
 */
export interface LocalClock {
  /** Tells the zone and the version of the time zone data: equal names have equal spans. */
  name: string;
  timezone: string;
  spans: readonly ClockSpan[];
}

const beforeAny = Date.parse('0001-01-01T00:00:00Z') - 86_400_000;
/** No call is of later than now. */
const latest = Date.parse('2060-01-01T00:00:00Z');
const dayMs = 86_400_000;

const version = process.versions['tz'] ?? '';

/** SQL for the name of the clock of a column with a time zone. */
export const clockNameSql = (column: string): string => `${column} || ' ${version}'`;

const nameOf = (timezone: string): string => `${timezone} ${version}`;

/** Finding the changes of a zone's clock takes some ten milliseconds. */
const clocks = new LRUCache<string, LocalClock>({ max: 1_000 });

/** The clock of a time zone by the time zone data of this process. */
export function clockOf(timezone: string): LocalClock {
  const known = clocks.get(timezone);
  if (known) return known;
  const clock = { name: nameOf(timezone), timezone, spans: spansOf(timezone) };
  clocks.set(timezone, clock);
  return clock;
}

/** The clock of a name; undefined for one that was made with other time zone data, or none. */
export function clockNamed(name: string | null): LocalClock | undefined {
  const timezone = name?.split(' ')[0];
  return timezone !== undefined && nameOf(timezone) === name ? clockOf(timezone) : undefined;
}

/** Whether days begin at other instants than on the clock of UTC. */
export const differsFromUtc = ({ spans }: LocalClock): boolean => spans.some((span) => span.offsetMs !== 0);

function spansOf(timezone: string): ClockSpan[] {
  const begins = (at: number) => ({
    DAY: calendarStart(at, 'DAY', timezone),
    MONTH: calendarStart(at, 'MONTH', timezone),
  });
  let at = zoned(beforeAny, timezone);
  let last: ClockSpan = { since: -Infinity, offsetMs: offsetMs(at), began: { DAY: -Infinity, MONTH: -Infinity } };
  const spans = [last];
  const add = (span: ClockSpan) => spans.push((last = span));
  for (;;) {
    const change = at.getTimeZoneTransition('next');
    if (!change || change.epochMilliseconds > latest) return spans;
    at = change;
    const since = change.epochMilliseconds;
    const span = { since, offsetMs: offsetMs(change) };
    if (dateAt(since - 1, last.offsetMs) === dateAt(since, span.offsetMs)) {
      // The date goes on; nearly all changes are like that, and the calendar takes long.
      add({ ...span, began: { DAY: startIn(last, 'DAY', since - 1), MONTH: startIn(last, 'MONTH', since - 1) } });
      continue;
    }
    add({ ...span, began: begins(since) });
    // A clock that is set back across midnight shows it a second time, when no day begins.
    const midnight = midnightBefore(since, span.offsetMs) + dayMs;
    const began = begins(midnight);
    if (began.DAY !== midnight) add({ ...span, since: midnight, began });
  }
}

const dateAt = (at: number, offset: number) => Math.floor((at + offset) / dayMs);

const midnightBefore = (at: number, offset: number) => Math.floor((at + offset) / dayMs) * dayMs - offset;

const monthBefore = (at: number, offset: number) => {
  const local = new Date(at + offset);
  local.setUTCDate(1);
  return local.setUTCHours(0, 0, 0, 0) - offset;
};

const before: Record<LocalUnit, (at: number, offset: number) => number> = { DAY: midnightBefore, MONTH: monthBefore };

function startIn(span: ClockSpan, unit: LocalUnit, at: number): number {
  const start = before[unit](at, span.offsetMs);
  return start > span.since ? start : span.began[unit];
}

/** Place of the span that an instant is in. */
function spanAt({ spans }: LocalClock, at: number): number {
  let [low, high] = [0, spans.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((spans[middle]?.since ?? Infinity) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Begin of the local day or month that an instant is in. */
export function localStart(clock: LocalClock, unit: LocalUnit, at: number): number {
  const span = clock.spans[spanAt(clock, at)];
  return span ? startIn(span, unit, at) : at;
}

/** Half a day or month after the end of the usual one. */
const onwardMs: Record<LocalUnit, number> = { DAY: 1.5 * dayMs, MONTH: 45 * dayMs };

/** Begin of the local day or month that follows the one that an instant is in. */
export function nextLocalStart(clock: LocalClock, unit: LocalUnit, at: number): number {
  const began = localStart(clock, unit, at);
  let next = began;
  for (let onward = began; next === began; next = localStart(clock, unit, onward)) onward += onwardMs[unit];
  return next;
}
