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
  /** Whether some of its days and months are parts of such, which may be of any length. */
  hasParts?: boolean;
}

const beforeAny = Date.parse('0001-01-01T00:00:00Z') - 86_400_000;
/** No call is of later than now. */
const latest = Date.parse('2060-01-01T00:00:00Z');
const dayMs = 86_400_000;

const version = process.versions['tz'] ?? '';

/** SQL for the name of the clock of a column with a time zone, as it is counted from an instant in another one on. */
export const clockNameSql = (column: string, since: string): string =>
  `${column} || ' ${version}' || coalesce(' ' || extract(epoch from ${since})::bigint, '')`;

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

/**
 * The clock of a time zone from an instant on: a day and a month begin with it, whatever the local time, as calls from
 * before it are summed up by themselves. It is not to be asked for anything earlier.
 */
export function clockSince(timezone: string, since: Date | null): LocalClock {
  const whole = clockOf(timezone);
  if (!since) return whole;
  const name = `${whole.name} ${since.getTime() / 1000}`;
  const known = clocks.get(name);
  if (known) return known;
  const [first = beginning(0), ...later] = bordered(whole, since.getTime()).filter(
    (span) => span.since >= since.getTime(),
  );
  const clock = { name, timezone, spans: [beginning(first.offsetMs), first, ...later], hasParts: true };
  clocks.set(name, clock);
  return clock;
}

/** The same clock with a border of days and months at an instant more, for rows that end there. */
export const clockUntil = (clock: LocalClock, until: Date): LocalClock => ({
  ...clock,
  spans: bordered(clock, until.getTime()),
  hasParts: true,
});

const beginning = (offsetMs: number): ClockSpan => ({
  since: -Infinity,
  offsetMs,
  began: { DAY: -Infinity, MONTH: -Infinity },
});

/** Spans of a clock on which a day and a month begin at an instant as well. */
function bordered(clock: LocalClock, at: number): ClockSpan[] {
  const { offsetMs } = clock.spans[spanAt(clock, at)] ?? beginning(0);
  const notBefore = ({ began, ...span }: ClockSpan) => ({
    ...span,
    began: { DAY: Math.max(began.DAY, at), MONTH: Math.max(began.MONTH, at) },
  });
  return [
    ...clock.spans.filter(({ since }) => since < at),
    { since: at, offsetMs, began: { DAY: at, MONTH: at } },
    ...clock.spans.filter(({ since }) => since > at).map(notBefore),
  ];
}

/** The clock of a name; undefined for one that was made with other time zone data, or none. */
export function clockNamed(name: string | null): LocalClock | undefined {
  const [timezone, , since] = name?.split(' ') ?? [];
  if (timezone === undefined || !name?.startsWith(nameOf(timezone))) return undefined;
  const clock = clockSince(timezone, since === undefined ? null : new Date(Number(since) * 1000));
  return clock.name === name ? clock : undefined;
}

/** Whether days begin at other instants than on the clock of UTC. */
export const differsFromUtc = ({ spans }: LocalClock): boolean => spans.some((span) => span.offsetMs !== 0);

function spansOf(timezone: string): ClockSpan[] {
  const begins = (at: number) => ({
    DAY: calendarStart(at, 'DAY', timezone),
    MONTH: calendarStart(at, 'MONTH', timezone),
  });
  let at = zoned(beforeAny, timezone);
  let last = beginning(offsetMs(at));
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
  // Between borders that are nearer to one another than usual.
  for (let before = localStart(clock, unit, next - 1); before > began; before = localStart(clock, unit, next - 1))
    next = before;
  return next;
}
