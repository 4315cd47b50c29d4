/**
 * What reports count, each thing once: its columns in the ledger and in summaries, how two summaries become one, and the
 * field of a report that shows it. Summary tables, fold, renewal, reconcile, readers and the fields of GraphQL follow
 * from this list; adding a measure is a line here and a migration.
 */

/** A number of each call that is added up. */
export interface Sum {
  kind: 'sum';
  /** Field of a report. */
  field: string;
  /** Column of summaries; numeric for USD, otherwise bigint. */
  column: string;
  /** Aggregate of calls; never null. */
  ofCalls: string;
  /** Columns of the ledger that the aggregate reads. */
  reads: readonly string[];
  unit: 'COUNT' | 'USD';
  description: string;
}

/** A number that calls have each, with sum, extremes and percentiles over those that have it. */
export interface Distribution {
  kind: 'distribution';
  field: string;
  /** What its columns in summaries begin with. */
  column: string;
  /** Column of the ledger; null where a call has no such number. */
  reads: readonly [string];
  /** Whether calls may be without it; those that have it are then counted on their own. */
  optional: boolean;
  /** Whether one call's number may be near the largest whole number, so that sums need numeric. */
  large: boolean;
  /** Whether reports show the sum as well. */
  totalled: boolean;
  description: string;
}

/** Quantities by name that are added up, each name by itself. */
export interface Quantities {
  kind: 'quantities';
  field: string;
  /** Column of summaries: a JSON object of exact decimals as text; null for none. */
  column: string;
  /** Column of the ledger, of the same form. */
  reads: readonly [string];
  description: string;
}

export type Measure = Sum | Distribution | Quantities;

const sum = (field: string, of: Omit<Sum, 'kind' | 'field' | 'unit'> & Partial<Pick<Sum, 'unit'>>): Sum => ({
  kind: 'sum',
  field,
  unit: 'COUNT',
  ...of,
});

const distribution = (
  field: string,
  column: string,
  of: { reads: string; description: string } & Partial<Pick<Distribution, 'optional' | 'large' | 'totalled'>>,
): Distribution => ({
  kind: 'distribution',
  field,
  column,
  optional: false,
  large: false,
  totalled: false,
  ...of,
  reads: [of.reads],
});

/** How many calls a summary is of: a row without any is none. */
export const callCount = sum('totalCalls', {
  column: 'calls',
  ofCalls: 'count(*)',
  reads: [],
  description: 'Number of calls, failed ones included.',
});

export const failedCalls = sum('failedCalls', {
  column: 'failed_calls',
  ofCalls: `count(*) filter (where status = 'FAILED')`,
  reads: ['status'],
  description: 'Number of calls that failed.',
});

/** Exact cost of the calls that have one. */
export const cost = sum('totalCostUsd', {
  column: 'cost_usd',
  ofCalls: 'coalesce(sum(cost_usd), 0)',
  reads: ['cost_usd'],
  unit: 'USD',
  description: 'Exact cost in USD of the calls that have one.',
});

export const inputTokens = distribution('inputTokens', 'input', {
  reads: 'input_tokens',
  totalled: true,
  description: 'Input tokens, including cached ones.',
});

export const outputTokens = distribution('outputTokens', 'output', {
  reads: 'output_tokens',
  totalled: true,
  description: 'Output tokens, including reasoning ones.',
});

/** In the order in which reports show them. */
export const measures: readonly Measure[] = [
  callCount,
  failedCalls,
  cost,
  sum('unpricedCalls', {
    column: 'unpriced_calls',
    ofCalls: 'count(*) filter (where cost_usd is null)',
    reads: ['cost_usd'],
    description: 'Calls that no price was found for; they add nothing to totalCostUsd.',
  }),
  distribution('callDurationMs', 'duration', {
    reads: 'duration_ms',
    optional: true,
    large: true,
    description: 'Duration in milliseconds, over the calls that came with one.',
  }),
  distribution('timeToFirstTokenMs', 'first_token', {
    reads: 'time_to_first_token_ms',
    optional: true,
    large: true,
    description: 'Milliseconds until the first token of the answer came, over the calls that came with them.',
  }),
  inputTokens,
  outputTokens,
  sum('cachedInputTokens', {
    column: 'cached_input_tokens',
    ofCalls: 'sum(cached_input_tokens)',
    reads: ['cached_input_tokens'],
    description: 'Input tokens read from a cache.',
  }),
  sum('cacheWriteTokens', {
    column: 'cache_write_tokens',
    ofCalls: 'sum(cache_write_tokens)',
    reads: ['cache_write_tokens'],
    description: 'Input tokens written to a cache.',
  }),
  sum('reasoningTokens', {
    column: 'reasoning_tokens',
    ofCalls: 'sum(reasoning_tokens)',
    reads: ['reasoning_tokens'],
    description: 'Output tokens spent on reasoning.',
  }),
  {
    kind: 'quantities',
    field: 'units',
    column: 'units',
    reads: ['units'],
    description: 'Whatever else is billed, by name; empty when there is none.',
  },
];

/** Parts of a distribution, as columns of summaries. */
export type DistributionPart = 'count' | 'total' | 'min' | 'max' | 'sketch';

/** Column of summaries that holds a part of a distribution. */
export const partColumn = ({ column, optional }: Distribution, part: DistributionPart): string =>
  part === 'count' && !optional ? callCount.column : `${column}_${part}`;

/** A column that summaries have besides their key. */
export interface SummaryColumn {
  name: string;
  type: 'bigint' | 'numeric' | 'integer' | 'bytea' | 'jsonb';
  nullable: boolean;
  /** How two summaries become one. */
  combine: 'sum' | 'min' | 'max' | 'sketch' | 'quantities';
  /** Aggregate of calls. */
  ofCalls: string;
  /** Columns of the ledger that the aggregate reads. */
  reads: readonly string[];
  /** Only of sketches: what a call adds to them, which is made once for all summaries that the call belongs to. */
  entry?: SketchEntry;
}

/** A call's entry in the sketches of a distribution. */
export interface SketchEntry {
  /** Column of calls that are prepared for being summed up. */
  column: string;
  /** Over a call; null where it has no such number. */
  ofCall: string;
}

function columnsOf(measure: Measure): SummaryColumn[] {
  const { reads } = measure;
  if (measure.kind === 'quantities') {
    const [of] = measure.reads;
    const ofCalls = `sum_quantities(${of})`;
    return [{ name: measure.column, type: 'jsonb', nullable: true, combine: 'quantities', ofCalls, reads }];
  }
  if (measure.kind === 'sum') {
    const type = measure.unit === 'USD' ? 'numeric' : 'bigint';
    return [{ name: measure.column, type, nullable: false, combine: 'sum', ofCalls: measure.ofCalls, reads }];
  }
  const { optional, large } = measure;
  const [of] = measure.reads;
  const value = { type: large ? 'bigint' : 'integer', nullable: optional, reads } as const;
  const entry = { column: `${measure.column}_entry`, ofCall: `sketch_entry(sketch_bucket(${of}), 1)` };
  const total = optional ? `coalesce(sum(${of}), 0)` : `sum(${of})`;
  const counted: SummaryColumn[] = optional
    ? [
        {
          name: `${measure.column}_count`,
          type: 'bigint',
          nullable: false,
          combine: 'sum',
          ofCalls: `count(${of})`,
          reads,
        },
      ]
    : [];
  return [
    ...counted,
    {
      name: partColumn(measure, 'total'),
      type: large ? 'numeric' : 'bigint',
      nullable: false,
      combine: 'sum',
      ofCalls: total,
      reads,
    },
    { name: partColumn(measure, 'min'), ...value, combine: 'min', ofCalls: `min(${of})` },
    { name: partColumn(measure, 'max'), ...value, combine: 'max', ofCalls: `max(${of})` },
    {
      name: partColumn(measure, 'sketch'),
      type: 'bytea',
      nullable: false,
      combine: 'sketch',
      ofCalls: sketchOfEntries(entry.ofCall),
      reads,
      entry,
    },
  ];
}

/** Entries one behind the other; of many it is worth adding up those of one bucket. */
export const sketchOfEntries = (entry: string) => `sketch_add('', coalesce(string_agg(${entry}, ''), ''))`;

/** Every column that summaries have besides their key, in the order of every list of them. */
export const summaryColumns: readonly SummaryColumn[] = measures.flatMap(columnsOf);

const columnsByName = new Map(summaryColumns.map((column) => [column.name, column]));

/** The columns of these names, in the order of all lists. @throws for a name that no summary has. */
export function columnsNamed(names: Iterable<string>): SummaryColumn[] {
  const wanted = new Set(names);
  for (const name of wanted) if (!columnsByName.has(name)) throw new Error(`Summaries have no column '${name}'.`);
  return summaryColumns.filter(({ name }) => wanted.has(name));
}
