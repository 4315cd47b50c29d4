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
  /** Whether reports show it below `cost`, as a part of the cost or what there is to say about it. */
  ofCost: boolean;
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

const sum = (field: string, of: Omit<Sum, 'kind' | 'field' | 'unit' | 'ofCost'> & Partial<Pick<Sum, 'unit'>>): Sum => ({
  kind: 'sum',
  field,
  unit: 'COUNT',
  ofCost: false,
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

const costPart = (field: string, column: string, description: string): Sum => ({
  ...sum(field, {
    column,
    ofCalls: `coalesce(sum(${column}), 0)`,
    reads: [column],
    unit: 'USD',
    description,
  }),
  ofCost: true,
});

/** Parts of the cost of calls that the gateway computed. */
export const costParts: readonly Sum[] = [
  costPart('inputUsd', 'input_cost_usd', 'Input tokens that were neither read from a cache nor written to one.'),
  costPart('cachedInputUsd', 'cached_input_cost_usd', 'Input tokens read from a cache.'),
  costPart('cacheWriteUsd', 'cache_write_cost_usd', 'Input tokens written to a cache.'),
  costPart('outputUsd', 'output_cost_usd', 'Output tokens, including reasoning ones.'),
  costPart(
    'unitsUsd',
    'units_cost_usd',
    'What has a rate of its own as a unit: tokens of audio, images and video, searches, requests, seconds.',
  ),
];

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
  ...costParts,
  costPart(
    'cacheSavingsUsd',
    'cache_savings_usd',
    'What the cached and the written tokens would have cost as ordinary input, less what they did cost; negative where writing cost more than reading saved.',
  ),
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
