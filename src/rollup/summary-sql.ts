import { sql, type RawBuilder } from 'kysely';

export type Fragment = RawBuilder<unknown>;

/** What has a distribution, with the column of the ledger: milliseconds and tokens. */
export const measureColumns = { duration: 'duration_ms', input: 'input_tokens', output: 'output_tokens' } as const;
export type Measure = keyof typeof measureColumns;
export const measures = Object.keys(measureColumns) as Measure[];

const counts = ['calls', 'failed_calls', 'unpriced_calls', 'cached_input_tokens', 'reasoning_tokens'] as const;

type Combine = 'sum' | 'min' | 'max' | 'sketch';

/** Every column of a summary but its key, with how two rows become one. */
const combined: readonly (readonly [column: string, combine: Combine])[] = [
  ...counts.map((column) => [column, 'sum'] as const),
  ['cost_usd', 'sum'],
  ['duration_count', 'sum'],
  ...measures.flatMap((measure) =>
    (['sum', 'min', 'max', 'sketch'] as const).map(
      (combine) => [`${measure}_${combine === 'sum' ? 'total' : combine}`, combine] as const,
    ),
  ),
];

/** Names of the columns that summaries have besides their keys, in the order of every list here. */
export const summaryColumns: readonly string[] = combined.map(([column]) => column);

/**
 * Aggregates of calls: one row of summary columns for each group of rows of the ledger. Sketches that are not wanted
 * are empty, which saves their time.
 */
export const summaryOfCalls = (wanted: readonly Measure[] = measures): Fragment =>
  sql.raw(`
    count(*) as calls,
    count(*) filter (where status = 'FAILED') as failed_calls,
    count(*) filter (where cost_usd is null) as unpriced_calls,
    sum(cached_input_tokens) as cached_input_tokens,
    sum(reasoning_tokens) as reasoning_tokens,
    coalesce(sum(cost_usd), 0) as cost_usd,
    count(duration_ms) as duration_count,
    ${measures
      .map((measure) => {
        const column = measureColumns[measure];
        return `sum(${column}) as ${measure}_total, min(${column}) as ${measure}_min, max(${column}) as ${measure}_max,
          ${wanted.includes(measure) ? sketchOf(column) : `''::bytea`} as ${measure}_sketch`;
      })
      .join(', ')}`);

/** Few values are entries one by one; of many it is faster to count first. */
const sketchOf = (column: string) => `case
    when count(${column}) > 64 then sketch_of(array_agg(sketch_bucket(${column})))
    else coalesce(string_agg(sketch_entry(sketch_bucket(${column}), 1), ''), '')
  end`;

/**
 * Aggregates of summaries: one row of summary columns for each group of them. Their sketches are as long as those of
 * the group together, unless they are compacted.
 */
export function summaryOfSummaries({
  wanted = measures,
  compact = false,
}: { wanted?: readonly Measure[]; compact?: boolean } = {}): Fragment {
  const joined = (column: string) =>
    compact
      ? `sketch_add(''::bytea, string_agg(${column}, ''::bytea))`
      : `coalesce(string_agg(${column}, ''::bytea), '')`;
  return sql.raw(
    combined
      .map(([column, combine]) => {
        if (combine !== 'sketch') return `${combine}(${column}) as ${column}`;
        const isWanted = wanted.some((measure) => column === `${measure}_sketch`);
        return `${isWanted ? joined(column) : `''::bytea`} as ${column}`;
      })
      .join(', '),
  );
}

/** Assignments that add the row that is to be inserted to the one that is there, `stored`. */
export const addToStored: Fragment = sql.raw(
  combined
    .map(([column, combine]) => {
      const [stored, added] = [`stored.${column}`, `excluded.${column}`];
      if (combine === 'sum' && column === 'duration_total')
        return `${column} = coalesce(${stored} + ${added}, ${stored}, ${added})`;
      if (combine === 'sum') return `${column} = ${stored} + ${added}`;
      if (combine === 'sketch') return `${column} = sketch_add(${stored}, ${added})`;
      return `${column} = ${combine === 'min' ? 'least' : 'greatest'}(${stored}, ${added})`;
    })
    .join(', '),
);
