import { dimension, dimensions, noneKey, type DimensionName } from '../../rollup/dimensions.ts';
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

/** Which groups the calls of a query are put into: one, one a bucket, or one for each combination of values. */
export type Grouping =
  | { by: 'total' }
  | { by: 'bucket'; bucket: Exclude<Bucket, 'NONE'>; timezone: string; borders: readonly Date[] }
  | { by: 'dimensions'; dimensions: readonly DimensionName[]; first: number; orderBy: UsageOrder };

/** A query, how its calls are grouped, and which columns of summaries are wanted of each group. */
export interface Aggregation {
  query: ReportQuery;
  grouping: Grouping;
  columns: readonly string[];
}

/** A filter's values that a recorded one can equal at all; the others match nothing and never reach SQL. */
export const possibleValues = (values: readonly string[]): string[] =>
  values.filter((value) => identifierProblem(value) === undefined);

/** Dimensions that a query filters by. */
export const filteredBy = ({ filters }: Pick<ReportQuery, 'filters'>): DimensionName[] =>
  dimensions.flatMap(({ name }) => (filters[name] ? [name] : []));

/** A group's value of a dimension as reports show it. */
export const shownValue = (name: DimensionName, key: string | undefined): string | null =>
  key === undefined || key === noneKey(dimension(name)) ? dimension(name).none : key;

/** Equal for equal queries. */
export const queryKey = ({ tenantId, from, to, filters }: ReportQuery): string =>
  JSON.stringify([tenantId === allTenants ? null : tenantId, from, to, filters]);
