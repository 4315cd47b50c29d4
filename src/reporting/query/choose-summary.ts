import { levels, type Grain, type Level } from '../../rollup/levels.ts';
import type { DimensionName } from '../../rollup/dimensions.ts';
import { filteredBy, type Aggregation } from './report-query.ts';

/** Which summaries answer a query, by the length of time; what has none is answered from calls. */
export type Summaries = Partial<Record<Grain, Level>>;

const grains: readonly Grain[] = ['HOUR', 'DAY', 'MONTH'];

/** Dimensions that an aggregation asks by, as filters or as groups. */
export const askedDimensions = ({ query, grouping }: Pick<Aggregation, 'query' | 'grouping'>): DimensionName[] => [
  ...new Set([...filteredBy(query), ...(grouping.by === 'dimensions' ? grouping.dimensions : [])]),
];

/**
 * The one place that decides which summaries serve which report query: of each grain those that tell apart all that is asked
 * by, with the fewest rows. It looks at what is asked alone, never at the data.
 */
export function summariesFor(asked: readonly DimensionName[]): Summaries {
  const serving = (grain: Grain) =>
    levels.find((level) => level.grains.includes(grain) && asked.every((name) => level.dimensions.includes(name)));
  return Object.fromEntries(
    grains.flatMap((grain) => {
      const level = serving(grain);
      return level ? [[grain, level] as const] : [];
    }),
  );
}
