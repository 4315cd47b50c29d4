// Every field that reads a number has its columns in `askedColumns`, or throws.

import { builder } from '../graphql/builder.ts';
import type { Distribution, UsageStats } from './usage-stats.ts';

const shares = { p5: '5 %', p50: 'half', p95: '95 %', p99: '99 %' } as const;

const percentile = (name: keyof typeof shares) => ({
  description: `Value that ${shares[name]} of the calls are at or below (nearest rank, within 1 %); zero without calls.`,
  resolve: ({ percentiles }: Distribution) => percentiles[name],
});

const exact = {
  avg: 'Exact average; zero without calls.',
  min: 'Smallest value; zero without calls.',
  max: 'Largest value; zero without calls.',
};

const DistributionStats = builder.objectRef<Distribution>('DistributionStats').implement({
  description: 'Distribution of a measure over the calls that have it.',
  fields: (t) => ({
    avg: t.exposeFloat('avg', { description: exact.avg }),
    min: t.exposeFloat('min', { description: exact.min }),
    max: t.exposeFloat('max', { description: exact.max }),
    p5: t.float(percentile('p5')),
    p50: t.float(percentile('p50')),
    p95: t.float(percentile('p95')),
    p99: t.float(percentile('p99')),
  }),
});

const TokenStats = builder.objectRef<Distribution>('TokenStats').implement({
  description: 'Tokens over all calls: their sum and their distribution.',
  fields: (t) => ({
    total: t.expose('total', { type: 'SafeInt', description: 'Exact sum.' }),
    avg: t.exposeFloat('avg', { description: exact.avg }),
    min: t.exposeFloat('min', { description: exact.min }),
    max: t.exposeFloat('max', { description: exact.max }),
    p5: t.float(percentile('p5')),
    p50: t.float(percentile('p50')),
    p95: t.float(percentile('p95')),
    p99: t.float(percentile('p99')),
  }),
});

export const UsageStatsRef = builder.objectRef<UsageStats>('UsageStats').implement({
  description: 'What a set of calls adds up to. Every number is zero when there are none.',
  fields: (t) => ({
    totalCalls: t.expose('totalCalls', { type: 'SafeInt', description: 'Number of calls, failed ones included.' }),
    failedCalls: t.expose('failedCalls', { type: 'SafeInt', description: 'Number of calls that failed.' }),
    totalCostUsd: t.expose('totalCostUsd', {
      type: 'Decimal',
      description: 'Exact cost in USD of the calls that have one.',
    }),
    unpricedCalls: t.expose('unpricedCalls', {
      type: 'SafeInt',
      description: 'Calls that no price was found for; they add nothing to totalCostUsd.',
    }),
    callDurationMs: t.expose('callDurationMs', {
      type: DistributionStats,
      description: 'Duration in milliseconds, over the calls that came with one.',
    }),
    inputTokens: t.expose('inputTokens', { type: TokenStats, description: 'Input tokens, the cached ones included.' }),
    outputTokens: t.expose('outputTokens', {
      type: TokenStats,
      description: 'Output tokens, the reasoning ones included.',
    }),
    cachedInputTokens: t.expose('cachedInputTokens', {
      type: 'SafeInt',
      description: 'Input tokens read from a cache.',
    }),
    reasoningTokens: t.expose('reasoningTokens', { type: 'SafeInt', description: 'Output tokens spent on reasoning.' }),
    totalTokens: t.field({
      type: 'SafeInt',
      description: 'Input and output tokens.',
      resolve: (stats) => stats.inputTokens.total + stats.outputTokens.total,
    }),
  }),
});
