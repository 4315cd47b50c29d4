import type { Grain } from './levels.ts';

/** A range of time that is answered from summaries of one grain, or, for CALL, from the calls themselves. */
export interface Segment {
  grain: Grain | 'CALL';
  from: Date;
  /** Does not belong to it. */
  to: Date;
}

type Range = { grain: Segment['grain']; from: number; to: number };

/**
 * The segments that a window is read in, without gap or overlap, from the first border to the last: the largest of the
 * given grains that fit between two borders next to each other, months and days inside, hours toward the edges, calls at
 * ragged ends. No summary reaches over a border. Neighbours of one grain are one segment, so that a year by day is one.
 * @param borders ascending; a window alone is [from, to].
 * @param grains what there are summaries of; without any, everything is read from the calls.
 * @param stale ascending instants in milliseconds whose summaries may not be read, as they hold calls that do not count.
 */
export function coverWindow(
  borders: readonly Date[],
  grains: readonly Grain[],
  stale: readonly number[] = [],
): Segment[] {
  const largestFirst = (['MONTH', 'DAY', 'HOUR'] as const).filter((grain) => grains.includes(grain));
  const ranges: Range[] = [];
  for (const [index, border] of borders.slice(1).entries())
    for (const range of cover(borders[index]?.getTime() ?? Number.NaN, border.getTime(), largestFirst, stale)) {
      const last = ranges.at(-1);
      if (last?.grain === range.grain) last.to = range.to;
      else ranges.push(range);
    }
  return ranges.map(({ grain, from, to }) => ({ grain, from: new Date(from), to: new Date(to) }));
}

function cover(from: number, to: number, grains: readonly Grain[], stale: readonly number[]): Range[] {
  const [grain, ...finer] = grains;
  if (from >= to) return [];
  if (grain === undefined) return [{ grain: 'CALL', from, to }];
  const [start, end] = [roundedUp(from, grain), startOf(to, grain)];
  if (start >= end) return cover(from, to, finer, stale);
  return [
    ...cover(from, start, finer, stale),
    ...around(start, end, [grain, ...finer], stale),
    ...cover(end, to, finer, stale),
  ];
}

/** Whole units of a grain, those of stale instants by finer grains. */
function around(
  start: number,
  end: number,
  [grain, ...finer]: readonly [Grain, ...Grain[]],
  stale: readonly number[],
): Range[] {
  const ranges: Range[] = [];
  let at = start;
  for (let index = firstFrom(stale, start); (stale[index] ?? end) < end; index = firstFrom(stale, at)) {
    const unit = startOf(stale[index] ?? end, grain);
    if (at < unit) ranges.push({ grain, from: at, to: unit });
    at = roundedUp(unit + 1, grain);
    ranges.push(...cover(unit, at, finer, stale));
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

/** Length in milliseconds of the grains that are always as long. */
export const grainLengthMs = { HOUR: 3_600_000, DAY: 86_400_000 };

/** Begin of the hour, day or month of UTC that an instant is in. */
export function startOf(at: number, grain: Grain): number {
  if (grain !== 'MONTH') return Math.floor(at / grainLengthMs[grain]) * grainLengthMs[grain];
  const date = new Date(at);
  // Not Date.UTC, which takes the years up to 99 for those of the last century.
  date.setUTCDate(1);
  return date.setUTCHours(0, 0, 0, 0);
}

function roundedUp(at: number, grain: Grain): number {
  const start = startOf(at, grain);
  if (start === at) return at;
  if (grain !== 'MONTH') return start + grainLengthMs[grain];
  const date = new Date(start);
  return date.setUTCMonth(date.getUTCMonth() + 1);
}
