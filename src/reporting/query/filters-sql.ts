import { hash } from 'node:crypto';
import { sql } from 'kysely';
import { dimension, keyOfCall, tagOf, type DimensionName } from '../../rollup/dimensions.ts';
import type { Fragment } from '../../rollup/summary-sql.ts';
import { filteredBy, possibleValues, type ReportQuery } from './report-query.ts';
import type { Relation, Row } from './relation-sql.ts';

type Queries = readonly { query: Pick<ReportQuery, 'filters'> }[];

const longestName = 50;

/** Name of the column that holds the values of a filter. */
export function parameterOf(name: DimensionName): string {
  const tag = tagOf(name);
  if (tag === undefined) return `filter_${dimension(name).column}`;
  // A name of SQL may have dollar signs, but neither dots nor hyphens.
  const written = tag.replaceAll('.', '$d').replaceAll('-', '$h');
  return `filter_tag_${written.length <= longestName ? written : hash('sha256', tag).slice(0, longestName)}`;
}

/** Dimensions that any of the queries filters by. */
const filtered = (queries: Queries): DimensionName[] => [...new Set(queries.flatMap(({ query }) => filteredBy(query)))];

/** Types of the columns that hold the values of filters. */
export const filterTypes = (queries: Queries): Record<string, string> =>
  Object.fromEntries(filtered(queries).map((name) => [parameterOf(name), 'text[]']));

/** A query's values of filters, by those columns; null where it has no such filter. */
export const filterValues = ({ filters }: Pick<ReportQuery, 'filters'>): Row =>
  Object.fromEntries(
    filteredBy({ filters }).flatMap((name) => {
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
