import { sql, type RawBuilder } from 'kysely';

export type Fragment = RawBuilder<unknown>;

/** What has a distribution, with the column of the ledger: milliseconds and tokens. */
export const measureColumns = { duration: 'duration_ms', input: 'input_tokens', output: 'output_tokens' } as const;
export type Measure = keyof typeof measureColumns;
export const measures = Object.keys(measureColumns) as Measure[];

export type SummaryColumn =
  | 'calls'
  | 'failed_calls'
  | 'unpriced_calls'
  | 'cached_input_tokens'
  | 'reasoning_tokens'
  | 'cost_usd'
  | 'duration_count'
  | `${Measure}_${'total' | 'min' | 'max' | 'sketch'}`;

interface Column {
  name: SummaryColumn;
  /** How two rows become one. */
  combine: 'sum' | 'min' | 'max' | 'sketch';
  /** Aggregate of calls. */
  ofCalls: string;
}

/** Every column of a summary but its key. */
const columns: readonly Column[] = [
  { name: 'calls', combine: 'sum', ofCalls: 'count(*)' },
  { name: 'failed_calls', combine: 'sum', ofCalls: `count(*) filter (where status = 'FAILED')` },
  { name: 'unpriced_calls', combine: 'sum', ofCalls: 'count(*) filter (where cost_usd is null)' },
  { name: 'cached_input_tokens', combine: 'sum', ofCalls: 'sum(cached_input_tokens)' },
  { name: 'reasoning_tokens', combine: 'sum', ofCalls: 'sum(reasoning_tokens)' },
  { name: 'cost_usd', combine: 'sum', ofCalls: 'coalesce(sum(cost_usd), 0)' },
  { name: 'duration_count', combine: 'sum', ofCalls: 'count(duration_ms)' },
  ...measures.flatMap((measure): Column[] => {
    const column = measureColumns[measure];
    return [
      { name: `${measure}_total`, combine: 'sum', ofCalls: `sum(${column})` },
      { name: `${measure}_min`, combine: 'min', ofCalls: `min(${column})` },
      { name: `${measure}_max`, combine: 'max', ofCalls: `max(${column})` },
      { name: `${measure}_sketch`, combine: 'sketch', ofCalls: sketchOf(column) },
    ];
  }),
];

/** Names of the columns that summaries have besides their keys, in the order of every list here. */
export const summaryColumns: readonly SummaryColumn[] = columns.map(({ name }) => name);

const selected = (wanted: readonly SummaryColumn[], expression: (column: Column) => string): Fragment =>
  sql.raw(
    columns
      .filter(({ name }) => wanted.includes(name))
      .map((column) => `${expression(column)} as ${column.name}`)
      .join(', '),
  );

/** Aggregates of calls: the wanted columns of a summary for each group of rows of the ledger. */
export const summaryOfCalls = (wanted = summaryColumns): Fragment => selected(wanted, ({ ofCalls }) => ofCalls);

/** Few values are entries one by one; of many it is faster to count first. */
function sketchOf(column: string): string {
  return `case
    when count(${column}) > 64 then sketch_of(array_agg(sketch_bucket(${column})))
    else coalesce(string_agg(sketch_entry(sketch_bucket(${column}), 1), ''), '')
  end`;
}

/**
 * Aggregates of summaries: the wanted columns for each group of them. Their sketches are as long as those of the group
 * together, unless they are compacted.
 */
export function summaryOfSummaries({ wanted = summaryColumns, compact = false } = {}): Fragment {
  const joined = (column: string) =>
    compact
      ? `sketch_add(''::bytea, string_agg(${column}, ''::bytea))`
      : `coalesce(string_agg(${column}, ''::bytea), '')`;
  return selected(wanted, ({ name, combine }) => (combine === 'sketch' ? joined(name) : `${combine}(${name})`));
}

/** Assignments that add the row that is to be inserted to the one that is there, `stored`. */
export const addToStored: Fragment = sql.raw(
  columns
    .map(({ name: column, combine }) => {
      const [stored, added] = [`stored.${column}`, `excluded.${column}`];
      if (combine === 'sum' && column === 'duration_total')
        return `${column} = coalesce(${stored} + ${added}, ${stored}, ${added})`;
      if (combine === 'sum') return `${column} = ${stored} + ${added}`;
      if (combine === 'sketch') return `${column} = sketch_add(${stored}, ${added})`;
      return `${column} = ${combine === 'min' ? 'least' : 'greatest'}(${stored}, ${added})`;
    })
    .join(', '),
);
