import type { Grain } from './summary.entity.ts';

/** A stretch of time that is answered from summaries of one grain, or, for CALL, from the calls themselves. */
export interface Piece {
  grain: Grain | 'CALL';
  from: Date;
  /** Does not belong to it. */
  to: Date;
}

type Stretch = { grain: Piece['grain']; from: number; to: number };

/**
 * Covers the time from the first border to the last, without gap or overlap, by the largest of the given grains that
 * fit between two borders next to each other: months and days inside, hours toward the edges, calls at ragged ends.
 * No summary of a piece reaches over a border. Neighbours of one grain are one piece, so that a year by day is one.
 * @param borders ascending; a window alone is [from, to].
 * @param grains what there are summaries of; none has everything read from the calls.
 */
export function coverWindow(borders: readonly Date[], grains: readonly Grain[]): Piece[] {
  const largestFirst = (['MONTH', 'DAY', 'HOUR'] as const).filter((grain) => grains.includes(grain));
  const stretches: Stretch[] = [];
  for (const [index, border] of borders.slice(1).entries())
    for (const stretch of cover(borders[index]?.getTime() ?? Number.NaN, border.getTime(), largestFirst)) {
      const last = stretches.at(-1);
      if (last?.grain === stretch.grain) last.to = stretch.to;
      else stretches.push(stretch);
    }
  return stretches.map(({ grain, from, to }) => ({ grain, from: new Date(from), to: new Date(to) }));
}

function cover(from: number, to: number, [grain, ...finer]: readonly Grain[]): Stretch[] {
  if (from >= to) return [];
  if (grain === undefined) return [{ grain: 'CALL', from, to }];
  const [start, end] = [roundedUp(from, grain), startOf(to, grain)];
  if (start >= end) return cover(from, to, finer);
  return [...cover(from, start, finer), { grain, from: start, to: end }, ...cover(end, to, finer)];
}

const lengthMs = { HOUR: 3_600_000, DAY: 86_400_000 };

/** Begin of the hour, day or month of UTC that an instant is in. */
function startOf(at: number, grain: Grain): number {
  if (grain !== 'MONTH') return Math.floor(at / lengthMs[grain]) * lengthMs[grain];
  const date = new Date(at);
  // Not Date.UTC, which takes the years up to 99 for those of the last century.
  date.setUTCDate(1);
  return date.setUTCHours(0, 0, 0, 0);
}

function roundedUp(at: number, grain: Grain): number {
  const start = startOf(at, grain);
  if (start === at) return at;
  if (grain !== 'MONTH') return start + lengthMs[grain];
  const date = new Date(start);
  return date.setUTCMonth(date.getUTCMonth() + 1);
}
