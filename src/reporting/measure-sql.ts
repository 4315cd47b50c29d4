import { sql } from 'kysely';
import { Big } from 'big.js';
import type { Distribution, UsageStats } from './usage-stats.ts';

const columns = { duration: 'duration_ms', input: 'input_tokens', output: 'output_tokens' } as const;
type Measure = keyof typeof columns;
const measureList = Object.keys(columns) as Measure[];

/**
 * Everything that is counted, as aggregates over ledger columns. Percentiles are exact nearest ranks: `percentile_disc`
 * gives the smallest value with at least that share of the values at or below it, and leaves nulls out.
 */
export const measures = sql.raw(`
  count(*) as calls,
  count(*) filter (where status = 'FAILED') as failed,
  coalesce(sum(cost_usd), 0) as cost_usd,
  count(*) filter (where cost_usd is null) as unpriced,
  sum(cached_input_tokens) as cached_input_tokens,
  sum(reasoning_tokens) as reasoning_tokens,
  ${measureList.map((measure) => distributionSql(measure, columns[measure])).join(', ')}`);

function distributionSql(measure: Measure, column: string): string {
  return `
    count(${column}) as ${measure}_count,
    sum(${column}) as ${measure}_total,
    min(${column})::float8 as ${measure}_min,
    max(${column})::float8 as ${measure}_max,
    percentile_disc(array[0.05, 0.5, 0.95, 0.99]) within group (order by ${column})::float8[] as ${measure}_percentiles`;
}

/** Names of the columns of {@link measures}. */
export const measureNames = sql.raw(
  [
    'calls, failed, cost_usd, unpriced, cached_input_tokens, reasoning_tokens',
    ...measureList.map((m) => `${m}_count, ${m}_total, ${m}_min, ${m}_max, ${m}_percentiles`),
  ].join(', '),
);

/** A row of {@link measures} as the driver gives it: counts, sums and money as text. */
export type MeasureRow = Record<
  'calls' | 'failed' | 'cost_usd' | 'unpriced' | 'cached_input_tokens' | 'reasoning_tokens' | `${Measure}_count`,
  string
> &
  Record<`${Measure}_total`, string | null> &
  Record<`${Measure}_${'min' | 'max'}`, number | null> &
  Record<`${Measure}_percentiles`, number[] | null>;

export function toStats(row: MeasureRow): UsageStats {
  return {
    totalCalls: BigInt(row.calls),
    failedCalls: BigInt(row.failed),
    totalCostUsd: new Big(row.cost_usd),
    unpricedCalls: BigInt(row.unpriced),
    callDurationMs: toDistribution(row, 'duration'),
    inputTokens: toDistribution(row, 'input'),
    outputTokens: toDistribution(row, 'output'),
    cachedInputTokens: BigInt(row.cached_input_tokens),
    reasoningTokens: BigInt(row.reasoning_tokens),
  };
}

function toDistribution(row: MeasureRow, measure: Measure): Distribution {
  const count = Number(row[`${measure}_count`]);
  const total = BigInt(row[`${measure}_total`] ?? 0);
  const [p5 = 0, p50 = 0, p95 = 0, p99 = 0] = row[`${measure}_percentiles`] ?? [];
  return {
    total,
    avg: count === 0 ? 0 : Number(total) / count,
    min: row[`${measure}_min`] ?? 0,
    max: row[`${measure}_max`] ?? 0,
    p5,
    p50,
    p95,
    p99,
  };
}
