import { Big } from 'big.js';
import { percentilesOf } from '../rollup/sketch.ts';
import type { Measure } from '../rollup/summary-sql.ts';
import type { Distribution, UsageStats } from './usage-stats.ts';

/** Summary columns as the driver gives them: counts, sums and money as text. */
export type SummaryRow = Record<
  'calls' | 'failed_calls' | 'cost_usd' | 'unpriced_calls' | 'cached_input_tokens' | 'reasoning_tokens',
  string
> & { duration_count: string } & Record<`${Measure}_total`, string | null> &
  Record<`${Measure}_${'min' | 'max'}`, string | number | null> &
  Record<`${Measure}_sketch`, Buffer>;

/** Statistics of a group; percentiles are there of what they were asked of. */
export function toStats(row: SummaryRow, percentiles: readonly Measure[]): UsageStats {
  const distribution = (measure: Measure) =>
    toDistribution(row, measure, Number(measure === 'duration' ? row.duration_count : row.calls), percentiles);
  return {
    totalCalls: BigInt(row.calls),
    failedCalls: BigInt(row.failed_calls),
    totalCostUsd: new Big(row.cost_usd),
    unpricedCalls: BigInt(row.unpriced_calls),
    callDurationMs: distribution('duration'),
    inputTokens: distribution('input'),
    outputTokens: distribution('output'),
    cachedInputTokens: BigInt(row.cached_input_tokens),
    reasoningTokens: BigInt(row.reasoning_tokens),
  };
}

function toDistribution(
  row: SummaryRow,
  measure: Measure,
  count: number,
  percentiles: readonly Measure[],
): Distribution {
  const total = BigInt(row[`${measure}_total`] ?? 0);
  const [min, max] = [Number(row[`${measure}_min`] ?? 0), Number(row[`${measure}_max`] ?? 0)];
  return {
    total,
    avg: count === 0 ? 0 : Number(total) / count,
    min,
    max,
    percentiles: percentiles.includes(measure) ? percentilesOf(row[`${measure}_sketch`], min, max) : undefined,
  };
}
