import { sql } from 'kysely';
import { dimension, dimensions, keyOfCall, type DimensionName } from '../../rollup/dimensions.ts';
import type { Fragment } from '../../rollup/summary-sql.ts';
import { possibleValues, type ReportQuery } from './report-query.ts';
import type { Relation, Row } from './relation-sql.ts';

type Queries = readonly { query: Pick<ReportQuery, 'filters'> }[];

const parameterOf = (name: DimensionName) => `filter_${dimension(name).column}`;

/** Dimensions that any of the queries filters by. */
const filtered = (queries: Queries): DimensionName[] =>
  dimensions.flatMap(({ name }) => (queries.some(({ query }) => query.filters[name]) ? [name] : []));

/** Types of the columns that hold the values of filters. */
export const filterTypes = (queries: Queries): Record<string, string> =>
  Object.fromEntries(filtered(queries).map((name) => [parameterOf(name), 'text[]']));

/** A query's values of filters, by those columns; null where it has no such filter. */
export const filterValues = ({ filters }: Pick<ReportQuery, 'filters'>): Row =>
  Object.fromEntries(
    dimensions.flatMap(({ name }) => {
      const values = filters[name];
      return values ? [[parameterOf(name), possibleValues(name, values)]] : [];
    }),
  );

/**
 * Conditions that calls, or summaries, pass the filters of the query that they are read for, each beginning with "and".
 * @param asked what holds the values.
 */
export function passesFilters(
  queries: Queries,
  asked: Pick<Relation, 'column'>,
  of: 'calls' | 'summaries',
  names: readonly DimensionName[] = filtered(queries),
): Fragment {
  const conditions = names.map((name) => {
    const column = sql.raw(of === 'calls' ? keyOfCall(dimension(name)) : dimension(name).column);
    const values = asked.column(parameterOf(name));
    const given = queries.map(({ query }) => query.filters[name]);
    // One value in every query is an equation, on which the planner can join instead of looping over queries.
    if (given.every((values) => values && possibleValues(name, values).length === 1))
      return sql` and ${column} = (${values})[1]`;
    if (given.every(Boolean)) return sql` and ${column} = any(${values})`;
    return sql` and (${values} is null or ${column} = any(${values}))`;
  });
  return sql.join(conditions, sql``);
}
