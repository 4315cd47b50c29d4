import { sql } from 'kysely';
import type { Fragment } from '../rollup/summary-sql.ts';

type Value = string | number | null | readonly string[];

/**
 * Rows as a table of a FROM clause, in which every column has a type of SQL. One row is written as constants, which the
 * planner sees through; of more it is told how many they are, as it would take any JSON for 100.
 */
export function tableSql(
  name: string,
  types: Readonly<Record<string, string>>,
  rows: readonly Readonly<Record<string, Value | undefined>>[],
): Fragment {
  const columns = Object.entries(types);
  const [only] = rows;
  if (only && rows.length === 1) {
    const values = columns.map(([column, type]) => sql`${only[column] ?? null}::${sql.raw(type)}`);
    return sql`(values (${sql.join(values)})) ${sql.raw(`${name} (${columns.map(([column]) => column).join(', ')})`)}`;
  }
  const definition = sql.raw(columns.map(([column, type]) => `${column} ${type}`).join(', '));
  return sql`(
    select * from json_to_recordset(${JSON.stringify(rows)}::json) as rows (${definition}) limit ${rows.length}
  ) ${sql.raw(name)}`;
}
