import { sql, type RawBuilder } from 'kysely';
import { sketchOfEntries, summaryColumns, type SummaryColumn } from './summary-columns.ts';

export type Fragment = RawBuilder<unknown>;

const selected = (columns: readonly SummaryColumn[], expression: (column: SummaryColumn) => string): string =>
  columns.map((column) => `${expression(column)} as ${column.name}`).join(', ');

/** Aggregates of calls: columns of a summary for each group of rows of the ledger. */
export const summaryOfCalls = (columns = summaryColumns): Fragment =>
  sql.raw(selected(columns, ({ ofCalls }) => ofCalls));

/** What each call adds to the sketches of its summaries, as columns of a call. */
export const sketchEntries: readonly string[] = summaryColumns.flatMap(({ entry }) =>
  entry ? [`${entry.ofCall} as ${entry.column}`] : [],
);

/** The same aggregates as `summaryOfCalls`, of calls that come with their `sketchEntries`. */
export const summaryOfPreparedCalls: Fragment = sql.raw(
  selected(summaryColumns, ({ ofCalls, entry }) => (entry ? sketchOfEntries(entry.column) : ofCalls)),
);

/** Columns of the ledger that aggregates of calls read. */
export const readsOf = (columns = summaryColumns): string[] => [...new Set(columns.flatMap(({ reads }) => reads))];

/**
 * Aggregates of summaries: columns for each group of them. Their sketches are as long as those of the group together,
 * unless they are compacted.
 */
export function summaryOfSummaries({ columns = summaryColumns, compact = false } = {}): Fragment {
  const joined = (name: string) =>
    compact ? `sketch_add(''::bytea, string_agg(${name}, ''::bytea))` : `coalesce(string_agg(${name}, ''::bytea), '')`;
  return sql.raw(
    selected(columns, ({ name, combine }) => {
      if (combine === 'sketch') return joined(name);
      return combine === 'quantities' ? `sum_quantities(${name})` : `${combine}(${name})`;
    }),
  );
}

/** Assignments that add the row that is to be inserted to the one that is there, `stored`. */
export const addToStored: Fragment = sql.raw(
  summaryColumns
    .map(({ name, combine }) => {
      const [stored, added] = [`stored.${name}`, `excluded.${name}`];
      if (combine === 'sum') return `${name} = ${stored} + ${added}`;
      if (combine === 'sketch') return `${name} = sketch_add(${stored}, ${added})`;
      if (combine === 'quantities')
        return `${name} = coalesce(add_quantities(${stored}, ${added}), ${stored}, ${added})`;
      return `${name} = ${combine === 'min' ? 'least' : 'greatest'}(${stored}, ${added})`;
    })
    .join(', '),
);
