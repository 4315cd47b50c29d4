import { dimension, dimensions, isDimensionName, noneKey, tagOf, type DimensionName } from '../../rollup/dimensions.ts';
import { erasedLabel, erasedUser } from '../../values/erased.ts';
import { identifierProblem, type TenantId } from '../../values/identifier.ts';
import type { Bucket } from '../calendar/bucket-borders.ts';

/** Filters are ANDed; the values of one are ORed. Null and undefined both mean that a filter is not set. */
export type UsageFilters = { [Name in DimensionName]?: readonly string[] | null | undefined };

export const allTenants = Symbol('all tenants');

/** Which calls are asked for: those of a tenant, or of all, in [from, to) that pass the filters. */
export interface ReportQuery {
  /** All tenants is for superusers; the field's scope sees to that. */
  tenantId: TenantId | typeof allTenants;
  from: Date;
  to: Date;
  filters: UsageFilters;
}

export type UsageOrder = 'COST_DESC' | 'CALLS_DESC' | 'TOKENS_DESC' | 'NAME_ASC';

/** What calls are put into groups by: a dimension or, in reports over all tenants, the tenant. */
export type GroupKey = DimensionName | 'tenantId';

/** Buckets of a window, with one border more than there are buckets. */
export interface Bucketing {
  bucket: Exclude<Bucket, 'NONE'>;
  timezone: string;
  borders: readonly Date[];
}

/** Groups for each combination of values, and which of them are wanted. */
export interface RankedGroups {
  dimensions: readonly GroupKey[];
  first: number;
  orderBy: UsageOrder;
}

/** Where a page of groups ends: the last group's number that is ordered by, its values and its agent's name. */
export interface GroupPlace {
  /** Exact text; null where groups are ordered by name alone. */
  number: string | null;
  keys: readonly string[];
  name: string | null;
}

/** A page of groups, and what else is wanted besides its rows. */
export interface GroupPage extends RankedGroups {
  after: GroupPlace | null;
  /** Columns that are wanted of all groups that are not on the page, as one row. */
  othersColumns: readonly string[];
  /** Buckets of each group of the page. */
  bucketing: Bucketing | null;
  /** Whether the others' buckets are wanted as well. */
  othersBuckets: boolean;
}

/** Which groups the calls of a query are put into: one, one a bucket, or one for each combination of values. */
export type Grouping =
  | { by: 'total' }
  | ({ by: 'bucket' } & Bucketing)
  | ({ by: 'dimensions' } & RankedGroups)
  | ({ by: 'page' } & GroupPage);

/** The groups that a grouping ranks; undefined for one that ranks none. */
export const rankedGroups = (grouping: Grouping): RankedGroups | undefined =>
  grouping.by === 'dimensions' || grouping.by === 'page' ? grouping : undefined;

/** What the groups of a grouping are told apart by, besides buckets. */
export const groupKeys = (grouping: Grouping): readonly GroupKey[] => rankedGroups(grouping)?.dimensions ?? [];

/** Borders of the buckets that a grouping has. */
export function bordersOf(grouping: Grouping): readonly Date[] | undefined {
  if (grouping.by === 'bucket') return grouping.borders;
  return grouping.by === 'page' ? grouping.bucketing?.borders : undefined;
}

/** A query, how its calls are grouped, and which columns of summaries are wanted of each group. */
export interface Aggregation {
  query: ReportQuery;
  grouping: Grouping;
  columns: readonly string[];
}

/**
 * A filter's values that a recorded one can equal at all; the others match nothing and never reach SQL. The empty text
 * asks for the calls that have no value.
 */
export const possibleValues = (name: DimensionName, values: readonly string[]): string[] =>
  values.flatMap((value) => {
    if (value === '') return [noneKey(dimension(name))];
    return identifierProblem(value) === undefined ? [value] : [];
  });

/** Dimensions that a query filters by: those of the list in its order, then tags by name. */
export const filteredBy = ({ filters }: Pick<ReportQuery, 'filters'>): DimensionName[] => {
  const tags = Object.keys(filters)
    .filter(isDimensionName)
    .filter((name) => tagOf(name) !== undefined)
    .toSorted();
  return [...dimensions.map(({ name }) => name), ...tags].filter((name) => filters[name]);
};

/** A group's value of a dimension as reports show it. */
export function shownValue(name: GroupKey, key: string | undefined): string | null {
  if (!isDimensionName(name)) return key ?? null;
  if (name === 'userId' && key === erasedUser) return null;
  return key === undefined || key === noneKey(dimension(name)) ? dimension(name).none : key;
}

/** What a group is called by its value of a dimension: the value, or that its users were erased; null for none. */
export const shownLabel = (name: GroupKey, key: string | undefined): string | null =>
  name === 'userId' && key === erasedUser ? erasedLabel : shownValue(name, key);

/** Equal for equal queries. */
export const queryKey = ({ tenantId, from, to, filters }: ReportQuery): string =>
  JSON.stringify([tenantId === allTenants ? null : tenantId, from, to, filters]);
