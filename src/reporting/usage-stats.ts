import { Big } from 'big.js';
import type { Decimal } from '../platform/money.ts';
import type { Percentiles } from '../rollup/sketch.ts';

/** Distribution of a measure over the calls that have it: milliseconds or tokens. */
export interface Distribution {
  total: bigint;
  avg: number;
  min: number;
  max: number;
  /** Undefined where nobody asked for them. */
  percentiles: Percentiles | undefined;
}

/** What a set of calls adds up to. */
export interface UsageStats {
  totalCalls: bigint;
  failedCalls: bigint;
  totalCostUsd: Decimal;
  unpricedCalls: bigint;
  callDurationMs: Distribution;
  inputTokens: Distribution;
  outputTokens: Distribution;
  cachedInputTokens: bigint;
  reasoningTokens: bigint;
}

const nothing: Distribution = {
  total: 0n,
  avg: 0,
  min: 0,
  max: 0,
  percentiles: { p5: 0, p50: 0, p95: 0, p99: 0 },
};

/** Statistics of no calls at all: every number is zero. */
export const noUsage: UsageStats = {
  totalCalls: 0n,
  failedCalls: 0n,
  totalCostUsd: new Big(0),
  unpricedCalls: 0n,
  callDurationMs: nothing,
  inputTokens: nothing,
  outputTokens: nothing,
  cachedInputTokens: 0n,
  reasoningTokens: 0n,
};
