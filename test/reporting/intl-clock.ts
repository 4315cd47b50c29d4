import type { Bucket } from '../../src/reporting/calendar/bucket-borders.ts';

// What local clocks show, from Intl alone: an answer found another way than the one that is tested.

export type TimedBucket = Exclude<Bucket, 'NONE'>;

export const zones = [
  'UTC',
  'Europe/Berlin',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Antarctica/Troll',
] as const;

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
const weekMs = 7 * dayMs;

/** Instants before and after these are not looked at. */
const known = { from: Date.UTC(1999, 0, 1), to: Date.UTC(2032, 0, 1) };

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock on the wall shows, in milliseconds as if it were UTC. */
export function localReading(at: number, zone: string): number {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formats.set(zone, format);
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? Number.NaN;
  const second = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return second + (at % 1000);
}

/** A span in which the clock does not change; `offset` is what it shows minus UTC. */
export interface Span {
  start: number;
  end: number;
  offset: number;
}

const spans = new Map<string, readonly Span[]>();

/** Found by a look at the clock once a week, in which none of the zones changes twice, and by halving such weeks. */
export function spansOf(zone: string): readonly Span[] {
  const found = spans.get(zone) ?? findSpans(zone);
  spans.set(zone, found);
  return found;
}

function findSpans(zone: string): Span[] {
  const offsetAt = (at: number) => localReading(at, zone) - at;
  const found: Span[] = [];
  let current: Span = { start: known.from, end: known.to, offset: offsetAt(known.from) };
  for (let look = known.from + weekMs; look <= known.to; look += weekMs) {
    const offset = offsetAt(look);
    if (offset === current.offset) continue;
    let [before, change] = [look - weekMs, look];
    while (change - before > 1) {
      const middle = Math.floor((before + change) / 2);
      if (offsetAt(middle) === current.offset) before = middle;
      else change = middle;
    }
    found.push({ ...current, end: change });
    current = { start: change, end: known.to, offset };
  }
  return [...found, current];
}

/** Instants at which the clock changes. */
export const changesOf = (zone: string): number[] =>
  spansOf(zone)
    .slice(1)
    .map(({ start }) => start);

/** The borders of the buckets that hold [from, to). */
export function expectedBorders(from: number, to: number, bucket: TimedBucket, zone: string): number[] {
  const borders: number[] = [];
  const candidates =
    bucket === 'MINUTE' || bucket === 'HOUR' ? clockUnits(from, bucket, zone) : dates(from, bucket, zone);
  for (const border of candidates) {
    if (border <= from) borders.length = 0;
    borders.push(border);
    if (border >= to) return borders;
  }
  throw new RangeError('The window reaches beyond what is looked at.');
}

/** Every :00 of the local clock and every change of it, from before an instant on. */
function* clockUnits(from: number, unit: 'MINUTE' | 'HOUR', zone: string): Generator<number> {
  const size = unit === 'HOUR' ? hourMs : minuteMs;
  for (const { start, end, offset } of spansOf(zone)) {
    if (end <= from - size) continue;
    const full = Math.floor((Math.max(start, from - size) + offset) / size) * size - offset;
    if (full <= start) yield start;
    for (let border = full <= start ? full + size : full; border < end; border += size) yield border;
  }
}

/** The first instant of every local date that begins a unit, from before an instant on. */
function* dates(from: number, unit: 'DAY' | 'WEEK' | 'MONTH', zone: string): Generator<number> {
  const reading = new Date(localReading(from, zone));
  const [year, month, day] = [reading.getUTCFullYear(), reading.getUTCMonth(), reading.getUTCDate()];
  const sinceMonday = (reading.getUTCDay() + 6) % 7;
  let last: number | undefined;
  for (let step = -2; ; step++) {
    const midnight =
      unit === 'MONTH'
        ? Date.UTC(year, month + step)
        : Date.UTC(year, month, unit === 'DAY' ? day + step : day - sinceMonday + 7 * step);
    const border = firstInstantAt(midnight, zone);
    if (border === undefined) return;
    // A date that was skipped begins where the next one does.
    if (border !== last) yield border;
    last = border;
  }
}

/** The first instant at which the local clock has reached a reading; undefined when that is too late to be known. */
export function firstInstantAt(reading: number, zone: string): number | undefined {
  const span = spansOf(zone).find(({ end, offset }) => end + offset > reading);
  return span && Math.max(span.start, reading - span.offset);
}
