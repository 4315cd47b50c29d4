import { sql } from 'kysely';
import type { Fragment } from '../../rollup/summary-sql.ts';

type Value = string | number | null | readonly string[];

export type Row = Readonly<Record<string, Value | undefined>>;

/** Rows that a statement brings along, under a name. */
export interface Relation {
  /** For the FROM clause; nothing where there is one row, whose values stand wherever they are named. */
  from: Fragment | undefined;
  /** A column's value, for any place in the statement. */
  column: (name: string) => Fragment;
}

/** More rows than these are one parameter: each of them would cost the planner a little. */
const mostWritten = 16;

const typed = (value: Value | undefined, type: string): Fragment => sql`${value ?? null}::${sql.raw(type)}`;

/**
 * Rows as a relation, in which every column has a type of SQL. One row is written as constants, which the planner sees
 * through, and which a reader does not have to look up; of more the planner is told how many they are.
 */
export function relation(name: string, types: Readonly<Record<string, string>>, rows: readonly Row[]): Relation {
  const columns = Object.entries(types);
  const [only] = rows;
  const column = (column: string) => sql.raw(`${name}.${column}`);
  if (only && rows.length === 1)
    return { from: undefined, column: (column) => typed(only[column], types[column] ?? 'text') };
  const names = sql.raw(columns.map(([column]) => column).join(', '));
  if (rows.length <= mostWritten) {
    const lines = rows.map((row) => sql`(${sql.join(columns.map(([column, type]) => typed(row[column], type)))})`);
    return { from: sql`(values ${sql.join(lines)}) ${sql.raw(name)} (${names})`, column };
  }
  const definition = sql.raw(columns.map(([column, type]) => `${column} ${type}`).join(', '));
  return {
    from: sql`(
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as rows (${definition}) limit ${rows.length}
    ) ${sql.raw(name)}`,
    column,
  };
}
