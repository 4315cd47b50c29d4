import { grains, isLocal, localUnits, type Grain } from './levels.ts';
import { localStart, nextLocalStart, type LocalClock } from './local-clock.ts';

/** A range of time that is answered from summaries of one grain, or, for CALL, from the calls themselves. */
export interface Segment {
  grain: Grain | 'CALL';
  from: Date;
  /** Does not belong to it. */
  to: Date;
}

type Range = { grain: Segment['grain']; from: number; to: number };

/** What a window can be read from. */
export interface Available {
  /** Lengths of time that there are summaries of; without any, everything is read from the calls. */
  grains: readonly Grain[];
  /** The clock that local days and months are of; without it they are not read. */
  clock?: LocalClock | undefined;
  /** Ascending begins, in milliseconds, of hours whose summaries may not be read, as they hold calls that do not count. */
  stale?: readonly number[];
  /** Whether the calls are gone, so that anything is better than segments of them. */
  withoutCalls?: boolean;
}

/**
 * The segments that a window is read in, without gap or overlap, from the first border to the last: the largest of the
 * given grains that fit between two borders next to each other, years and months inside, hours toward the edges, calls at
 * ragged ends. Local days and months come first where fewer rows are then read than on the clock of UTC. No summary
 * reaches over a border. Neighbours of one grain are one segment, so that a year by day is one.
 * @param borders ascending; a window alone is [from, to].
 */
export function segmentsOfWindow(
  borders: readonly Date[],
  { grains, clock, stale = [], withoutCalls = false }: Available,
): Segment[] {
  const utc = largestFirst.filter((grain) => grains.includes(grain) && !isLocal(grain));
  const local = clock ? largestFirst.filter((grain) => grains.includes(grain) && isLocal(grain)) : [];
  const ranges: Range[] = [];
  for (const [index, border] of borders.slice(1).entries())
    for (const range of fewestRows(borders[index]?.getTime() ?? Number.NaN, border.getTime())) {
      const last = ranges.at(-1);
      if (last?.grain === range.grain) last.to = range.to;
      else ranges.push(range);
    }
  return ranges.map(({ grain, from, to }) => ({ grain, from: new Date(from), to: new Date(to) }));

  /** About how many rows are read for some segments. */
  function rowsOf(ranges: readonly Range[]): number {
    const calls = withoutCalls ? 0 : callsEveryMs;
    return ranges.reduce(
      (sum, { grain, from, to }) => sum + (to - from) / (grain === 'CALL' ? calls : lengthMs[grain]),
      0,
    );
  }

  function fewestRows(from: number, to: number): Range[] {
    const onUtc = segmentsOf(from, to, utc, { clock, stale });
    if (local.length === 0 || rowsOf(onUtc) <= 1) return onUtc;
    // An hour of UTC may lie in two local days.
    const both = stale.flatMap((hour) => [hour, hour + lengthMs.HOUR - 1]);
    const onLocal = segmentsOf(from, to, [...local, ...utc], { clock, stale: both });
    return rowsOf(onLocal) < rowsOf(onUtc) ? onLocal : onUtc;
  }
}

const dayMs = 86_400_000;

/** About how long a grain is. */
const lengthMs: Readonly<Record<Grain, number>> = {
  HOUR: 3_600_000,
  DAY: dayMs,
  MONTH: 30 * dayMs,
  YEAR: 365 * dayMs,
  LOCAL_DAY: dayMs,
  LOCAL_MONTH: 30 * dayMs,
};

/** What a grain is never shorter than, or hardly ever: it is not looked for in less. */
const shortestMs: Readonly<Record<Grain, number>> = {
  HOUR: 3_600_000,
  DAY: dayMs,
  MONTH: 28 * dayMs,
  YEAR: 365 * dayMs,
  LOCAL_DAY: dayMs / 2,
  LOCAL_MONTH: 27 * dayMs,
};

const largestFirst = grains.toSorted((a, b) => lengthMs[b] - lengthMs[a]);

/** Calls are taken to come every minute: an hour without a summary costs more than two days by the hour. */
const callsEveryMs = 60_000;

interface Held {
  clock: LocalClock | undefined;
  stale: readonly number[];
}

/** Segments of [from, to), which holds no border. */
function segmentsOf(from: number, to: number, grains: readonly Grain[], held: Held): Range[] {
  const [grain, ...finer] = grains;
  if (from >= to) return [];
  if (grain === undefined) return [{ grain: 'CALL', from, to }];
  const mayBeShorter = isLocal(grain) && held.clock?.hasParts;
  if (to - from < shortestMs[grain] && !mayBeShorter) return segmentsOf(from, to, finer, held);
  const [start, end] = [roundedUp(from, grain, held), startOf(to, grain, held)];
  if (start >= end) return segmentsOf(from, to, finer, held);
  return [
    ...segmentsOf(from, start, finer, held),
    ...around(start, end, [grain, ...finer], held),
    ...segmentsOf(end, to, finer, held),
  ];
}

/** Whole units of a grain, those of stale instants by finer grains. */
function around(start: number, end: number, [grain, ...finer]: readonly [Grain, ...Grain[]], held: Held): Range[] {
  const { stale } = held;
  const ranges: Range[] = [];
  let at = start;
  for (let index = firstFrom(stale, start); (stale[index] ?? end) < end; index = firstFrom(stale, at)) {
    const unit = startOf(stale[index] ?? end, grain, held);
    if (at < unit) ranges.push({ grain, from: at, to: unit });
    at = nextStart(unit, grain, held);
    ranges.push(...segmentsOf(unit, at, finer, held));
  }
  if (at < end) ranges.push({ grain, from: at, to: end });
  return ranges;
}

/** Index of the first instant at or after another one. */
function firstFrom(instants: readonly number[], from: number): number {
  let [low, high] = [0, instants.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((instants[middle] ?? Infinity) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Begin of the time of a grain that an instant is in. */
function startOf(at: number, grain: Grain, { clock }: Pick<Held, 'clock'>): number {
  if (isLocal(grain)) return clock ? localStart(clock, localUnits[grain], at) : at;
  if (grain === 'HOUR' || grain === 'DAY') return Math.floor(at / lengthMs[grain]) * lengthMs[grain];
  const date = new Date(at);
  // Not Date.UTC, which takes the years up to 99 for those of the last century.
  date.setUTCDate(1);
  if (grain === 'YEAR') date.setUTCMonth(0);
  return date.setUTCHours(0, 0, 0, 0);
}

/** Begin of the time of a grain after the one that begins at `start`. */
function nextStart(start: number, grain: Grain, { clock }: Pick<Held, 'clock'>): number {
  if (isLocal(grain)) return clock ? nextLocalStart(clock, localUnits[grain], start) : Infinity;
  if (grain === 'HOUR' || grain === 'DAY') return start + lengthMs[grain];
  const date = new Date(start);
  return date.setUTCMonth(date.getUTCMonth() + (grain === 'YEAR' ? 12 : 1));
}

function roundedUp(at: number, grain: Grain, held: Held): number {
  const start = startOf(at, grain, held);
  return start === at ? at : nextStart(start, grain, held);
}
