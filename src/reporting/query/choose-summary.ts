import { grains, grainsOf, levelsWith, type Grain, type Level, type OptionalLevel } from '../../rollup/levels.ts';
import { isDimensionName, type DimensionName } from '../../rollup/dimensions.ts';
import { filteredBy, groupKeys, type Aggregation } from './report-query.ts';

/** Which summaries answer a query, by the length of time; what has none is answered from calls. */
export type Summaries = Partial<Record<Grain, Level>>;

/** Dimensions that an aggregation asks by, as filters or as groups. */
export const askedDimensions = ({ query, grouping }: Pick<Aggregation, 'query' | 'grouping'>): DimensionName[] => [
  // Every summary is of one tenant.
  ...new Set([...filteredBy(query), ...groupKeys(grouping).filter(isDimensionName)]),
];

/**
 * The one place that decides which summaries serve which report query: of each grain those that tell apart all that is asked
 * by, with the fewest rows, out of those that the tenant has. It looks at nothing else, never at the data.
 */
export function summariesFor(asked: readonly DimensionName[], has: readonly OptionalLevel[]): Summaries {
  const levels = levelsWith(has);
  const serving = (grain: Grain) =>
    levels.find(
      (level) => grainsOf(level, has).includes(grain) && asked.every((name) => level.dimensions.includes(name)),
    );
  return Object.fromEntries(
    grains.flatMap((grain) => {
      const level = serving(grain);
      return level ? [[grain, level] as const] : [];
    }),
  );
}
