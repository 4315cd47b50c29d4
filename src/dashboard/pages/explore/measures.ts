import type { ExploreQueryVariables, MeasuresFragment, UsageOrder } from '../../gql/graphql.ts';
import { formatMs, formatShare, formatUsd, formatWhole, type Decimal } from '../../format/numbers.tsx';

export type Stats = MeasuresFragment;

/** Parts of the query that are asked for only where a measure needs them. */
type Part = 'cost' | 'calls' | 'failures' | 'unpriced' | 'tokens' | 'tokenClasses' | 'durations' | 'firstTokens';

export interface Measure {
  name: string;
  part: Part;
  /** Whether the values of groups add up, so that they may be stacked. */
  isAdditive: boolean;
  /** Groups come in this order, and their shares are of what it orders by. */
  orderBy: UsageOrder;
  /** The exact value as text. */
  exact: (stats: Stats) => string;
  format: (exact: string) => string;
}

const shareOf: Record<UsageOrder, string> = {
  COST_DESC: 'Share of the cost',
  CALLS_DESC: 'Share of the calls',
  TOKENS_DESC: 'Share of the tokens',
  NAME_ASC: 'Share of the cost',
};
export const nameOfShare = ({ orderBy }: Measure): string => shareOf[orderBy];

const isDecimal = (text: string): text is Decimal => text.trim() !== '' && Number.isFinite(Number(text));
const usd = (exact: string) => (isDecimal(exact) ? formatUsd(exact) : exact);
const count = (exact: string) => formatWhole(Number(exact));
const ms = (exact: string) => formatMs(Number(exact));
const share = (exact: string) => formatShare(Number(exact));

const ofCalls = { isAdditive: true, orderBy: 'CALLS_DESC', format: count } as const;
const ofTokens = { isAdditive: true, orderBy: 'TOKENS_DESC', format: count } as const;
const ofDurations = { isAdditive: false, orderBy: 'CALLS_DESC', format: ms } as const;

export const measures = {
  cost: {
    name: 'Cost',
    part: 'cost',
    isAdditive: true,
    orderBy: 'COST_DESC',
    exact: (stats) => stats.totalCostUsd ?? '0',
    format: usd,
  },
  calls: { name: 'Calls', part: 'calls', ...ofCalls, exact: (stats) => String(stats.totalCalls) },
  failed: { name: 'Failed calls', part: 'failures', ...ofCalls, exact: (stats) => String(stats.failedCalls) },
  unpriced: {
    name: 'Calls without a price',
    part: 'unpriced',
    ...ofCalls,
    exact: (stats) => String(stats.unpricedCalls),
  },
  errors: {
    name: 'Error rate',
    part: 'failures',
    isAdditive: false,
    orderBy: 'CALLS_DESC',
    exact: (stats) => String(stats.errorRate),
    format: share,
  },
  tokens: { name: 'Tokens', part: 'tokens', ...ofTokens, exact: (stats) => String(stats.totalTokens) },
  input: {
    name: 'Input tokens',
    part: 'tokenClasses',
    ...ofTokens,
    exact: (stats) => String(stats.inputTokens?.total),
  },
  output: {
    name: 'Output tokens',
    part: 'tokenClasses',
    ...ofTokens,
    exact: (stats) => String(stats.outputTokens?.total),
  },
  cached: {
    name: 'Cached input tokens',
    part: 'tokenClasses',
    ...ofTokens,
    exact: (stats) => String(stats.cachedInputTokens),
  },
  written: {
    name: 'Cache write tokens',
    part: 'tokenClasses',
    ...ofTokens,
    exact: (stats) => String(stats.cacheWriteTokens),
  },
  reasoning: {
    name: 'Reasoning tokens',
    part: 'tokenClasses',
    ...ofTokens,
    exact: (stats) => String(stats.reasoningTokens),
  },
  p50: {
    name: 'Median duration',
    part: 'durations',
    ...ofDurations,
    exact: (stats) => String(stats.callDurationMs?.p50),
  },
  p95: {
    name: '95th percentile of durations',
    part: 'durations',
    ...ofDurations,
    exact: (stats) => String(stats.callDurationMs?.p95),
  },
  first50: {
    name: 'Median time to first token',
    part: 'firstTokens',
    ...ofDurations,
    exact: (stats) => String(stats.timeToFirstTokenMs?.p50),
  },
  first95: {
    name: '95th percentile of times to first token',
    part: 'firstTokens',
    ...ofDurations,
    exact: (stats) => String(stats.timeToFirstTokenMs?.p95),
  },
} satisfies Record<string, Measure>;

export type MeasureId = keyof typeof measures;
export const isMeasure = (id: string): id is MeasureId => Object.hasOwn(measures, id);

/** The variable that asks for what a measure needs. */
export const partOf = ({ part }: Measure): Pick<ExploreQueryVariables, Part> => ({ [part]: true });
