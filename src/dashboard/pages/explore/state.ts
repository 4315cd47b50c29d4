import type { Bucket, ExploreQueryVariables, Period } from '../../gql/graphql.ts';
import { periodOf, periods } from '../../parts/period-picker.tsx';
import { filtersOf, groupByOf, parseFilter, type Filter } from './dimensions.ts';
import { isMeasure, measures, partOf, type Measure, type MeasureId } from './measures.ts';

export const maxKeys = 4;
export const groupCounts = ['5', '10', '25', '50'];
export const views = { bars: 'Stacked bars', lines: 'Lines', table: 'Table' };
export type View = keyof typeof views;

const buckets: readonly Bucket[] = ['HOUR', 'DAY', 'WEEK', 'MONTH'];
const isBucket = (text: string): text is Bucket => buckets.some((bucket) => bucket === text);
const isView = (text: string): text is View => Object.hasOwn(views, text);

/** What the explorer is asked for, all of which the address has. */
export interface ExploreState {
  period: Period;
  bucket: Bucket;
  keys: string[];
  measureId: MeasureId;
  measure: Measure;
  view: View;
  first: number;
  filters: Filter[];
}

/** What the address asks for, with defaults for what it leaves out or what cannot be. */
export function exploreState(params: URLSearchParams): ExploreState {
  const period = periodOf(params);
  const bucket = params.get('bucket') ?? '';
  const keys = [...new Set(params.getAll('by'))].filter(groupByOf).slice(0, maxKeys);
  const named = params.get('measure') ?? '';
  const measureId = isMeasure(named) ? named : 'cost';
  const measure = measures[measureId];
  const view = params.get('view') ?? '';
  const first = params.get('first') ?? '';
  return {
    period,
    bucket: isBucket(bucket) ? bucket : periods[period].bucket,
    keys: keys.length > 0 ? keys : ['MODEL'],
    measureId,
    measure,
    // What does not add up must not be stacked.
    view: isView(view) && (view !== 'bars' || measure.isAdditive) ? view : measure.isAdditive ? 'bars' : 'lines',
    first: Number(groupCounts.includes(first) ? first : groupCounts[0]),
    filters: params.getAll('filter').flatMap((text) => parseFilter(text) ?? []),
  };
}

export const exploreVariables = (tenantId: string, state: ExploreState): ExploreQueryVariables => ({
  tenantId,
  period: state.period,
  bucket: state.bucket,
  filters: filtersOf(state.filters),
  by: state.keys.flatMap((key) => groupByOf(key) ?? []),
  first: state.first,
  orderBy: state.measure.orderBy,
  ...partOf(state.measure),
});
