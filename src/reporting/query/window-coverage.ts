import { segmentsOfWindow, type Segment } from '../../rollup/coverage.ts';
import type { DimensionName } from '../../rollup/dimensions.ts';
import type { Holding } from '../../rollup/holdings.repository.ts';
import { grains, isLocal, type Level } from '../../rollup/levels.ts';
import { summariesFor } from './choose-summary.ts';

/** What the coverage of a window depends on besides the window. */
export type Kind = Pick<Holding, 'stale' | 'levels' | 'clock' | 'kept'>;

/** A segment with what it is read from. */
export interface ReadSegment extends Segment {
  /** Whose summaries it is of; undefined for calls. */
  level?: Level | undefined;
  /** Time zone of local days and months. */
  timezone?: string | undefined;
}

/** How a window is read. */
export interface Coverage {
  segments: readonly ReadSegment[];
}

/** A part of a window whose calls have left the ledger, and of which no summary that stayed tells what is asked. */
export type Gone = Pick<Segment, 'from' | 'to'>;

/** A part of time in which a tenant has the same summaries. */
interface Piece extends Pick<Kind, 'stale' | 'levels' | 'clock'> {
  until: number;
  /** Whether the calls have left the ledger. */
  isKept: boolean;
}

const piecesOf = ({ kept = [], stale, levels, clock }: Kind): Piece[] => [
  ...kept.map((span) => ({ ...span, until: span.until.getTime(), stale: [], isKept: true })),
  { until: Infinity, stale, levels, clock, isKept: false },
];

/**
 * How a window is read with what there is of a tenant: from the ledger on by summaries and calls, before it by the summaries
 * that stayed.
 * @param borders that no summary may reach over, ascending; a window alone is [from, to].
 */
export function coverageOfWindow(
  borders: readonly Date[],
  asked: readonly DimensionName[],
  kind: Kind,
): Coverage & { gone: readonly Gone[] } {
  const [from = new Date(Number.NaN), to = from] = [borders[0], borders.at(-1)];
  const segments: ReadSegment[] = [];
  const gone: Gone[] = [];
  let begin = from.getTime();
  for (const { until, levels, clock, stale, isKept } of piecesOf(kind)) {
    const end = Math.min(to.getTime(), until);
    if (begin >= end) continue;
    const inside = borders.filter((border) => border.getTime() > begin && border.getTime() < end);
    const summaries = summariesFor(asked, levels);
    const served = grains.filter((grain) => summaries[grain]);
    const whole = [new Date(begin), ...inside, new Date(end)];
    for (const segment of segmentsOfWindow(whole, { grains: served, clock, stale, withoutCalls: isKept })) {
      const { grain } = segment;
      if (grain !== 'CALL')
        addTo(segments, {
          ...segment,
          level: summaries[grain],
          timezone: isLocal(grain) ? clock?.timezone : undefined,
        });
      else if (isKept) gone.push(segment);
      else segments.push(segment);
    }
    begin = end;
  }
  // A statement has something to read, be it nothing.
  return { segments: segments.length > 0 ? segments : [{ grain: 'CALL', from: to, to }], gone };
}

/** Adds a segment to those before it, as one with the last one where both are read alike. */
function addTo(segments: ReadSegment[], segment: ReadSegment): void {
  const last = segments.at(-1);
  const isAlike =
    last?.grain === segment.grain &&
    last.level === segment.level &&
    last.timezone === undefined &&
    last.to.getTime() === segment.from.getTime();
  if (isAlike) segments[segments.length - 1] = { ...last, to: segment.to };
  else segments.push(segment);
}
