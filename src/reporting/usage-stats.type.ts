import { builder } from '../graphql/builder.ts';
import {
  callCount,
  cost,
  costParts,
  failedCalls,
  inputTokens,
  measures,
  outputTokens,
  type Distribution,
  type Measure,
  type Sum,
} from '../rollup/measures.ts';
import { partColumn, type DistributionPart } from '../rollup/summary-columns.ts';
import type { Decimal } from '../values/money.ts';
import { needs } from './query/asked-columns.ts';
import type { DistributionStats, UsageStats } from './usage-stats.ts';

const ordinals = { p5: '5th', p50: '50th', p95: '95th', p99: '99th' } as const;

const percentile = (name: keyof typeof ordinals) => ({
  ...needs({ parts: ['min', 'max', 'sketch'] }),
  description: `${ordinals[name]} percentile (nearest rank, within 1 %); zero without calls.`,
  resolve: ({ percentiles }: DistributionStats) => percentiles[name],
});

const exact = (name: 'avg' | 'min' | 'max', parts: readonly DistributionPart[], description: string) => ({
  ...needs({ parts }),
  description: `${description}; zero without calls.`,
  resolve: (stats: DistributionStats) => stats[name],
});

const avg = exact('avg', ['total', 'count'], 'Exact average');
const min = exact('min', ['min'], 'Smallest value');
const max = exact('max', ['max'], 'Largest value');

const DistributionStatsRef = builder.objectRef<DistributionStats>('DistributionStats').implement({
  description: 'Distribution of a measure over the calls that have it.',
  fields: (t) => ({
    avg: t.float(avg),
    min: t.float(min),
    max: t.float(max),
    p5: t.float(percentile('p5')),
    p50: t.float(percentile('p50')),
    p95: t.float(percentile('p95')),
    p99: t.float(percentile('p99')),
  }),
});

const TokenStatsRef = builder.objectRef<DistributionStats>('TokenStats').implement({
  description: 'Tokens over all calls: their sum and their distribution.',
  fields: (t) => ({
    total: t.field({
      type: 'SafeInt',
      ...needs({ parts: ['total'] }),
      description: 'Exact sum.',
      resolve: (stats) => stats.total,
    }),
    avg: t.float(avg),
    min: t.float(min),
    max: t.float(max),
    p5: t.float(percentile('p5')),
    p50: t.float(percentile('p50')),
    p95: t.float(percentile('p95')),
    p99: t.float(percentile('p99')),
  }),
});

const UnitStatsRef = builder.objectRef<{ unit: string; quantity: Decimal }>('UnitStats').implement({
  description: 'How much of something that is billed apart from tokens, or besides them.',
  fields: (t) => ({
    unit: t.exposeString('unit', { description: 'Its name, as in the price catalogue.' }),
    quantity: t.expose('quantity', { type: 'Decimal', description: 'Exact sum.' }),
  }),
});

const totalOf = (of: Distribution) => partColumn(of, 'total');

const costs = measures.filter((measure): measure is Sum => measure.kind === 'sum' && measure.ofCost);
const partColumns = costParts.map(({ column }) => column);

const CostStatsRef = builder.objectRef<UsageStats>('CostStats').implement({
  description: 'What totalCostUsd is made up of: its parts add up to it exactly.',
  fields: (t) => ({
    ...Object.fromEntries(
      costs.map((measure) => [
        measure.field,
        t.field({
          type: 'Decimal',
          ...needs({ columns: [measure.column] }),
          description: measure.description,
          resolve: (stats) => stats.usd(measure),
        }),
      ]),
    ),
    unsplitUsd: t.field({
      type: 'Decimal',
      ...needs({ columns: [cost.column, ...partColumns] }),
      description: 'What came from the caller as one number, and costs from before they were split.',
      resolve: (stats) => stats.usd(cost).minus(stats.sum(partColumns)),
    }),
  }),
});

/** Totals of a set of calls: a field for each measure in the list, and fields computed from them. */
export const UsageStatsRef = builder.objectRef<UsageStats>('UsageStats').implement({
  description: 'Totals of a set of calls. Every number is zero when there are none.',
  fields: (t) => {
    const field = (measure: Measure) => {
      const { description } = measure;
      if (measure.kind === 'distribution')
        return t.field({
          type: measure.totalled ? TokenStatsRef : DistributionStatsRef,
          ...needs({ distribution: measure }),
          description,
          resolve: (stats) => stats.distribution(measure),
        });
      const read = needs({ columns: [measure.column] });
      if (measure.kind === 'quantities')
        return t.field({ type: [UnitStatsRef], ...read, description, resolve: (stats) => stats.quantities(measure) });
      return measure.unit === 'USD'
        ? t.field({ type: 'Decimal', ...read, description, resolve: (stats) => stats.usd(measure) })
        : t.field({ type: 'SafeInt', ...read, description, resolve: (stats) => stats.count(measure) });
    };
    return {
      ...Object.fromEntries(
        measures
          .filter((measure) => !(measure.kind === 'sum' && measure.ofCost))
          .map((measure) => [measure.field, field(measure)]),
      ),
      cost: t.field({
        type: CostStatsRef,
        description: 'What the cost is made up of.',
        resolve: (stats) => stats,
      }),
      errorRate: t.float({
        ...needs({ columns: [callCount.column, failedCalls.column] }),
        description: 'Share of the calls that failed, from 0 to 1; zero without calls.',
        resolve: (stats) => (stats.calls === 0n ? 0 : Number(stats.count(failedCalls)) / Number(stats.calls)),
      }),
      totalTokens: t.field({
        type: 'SafeInt',
        ...needs({ columns: [totalOf(inputTokens), totalOf(outputTokens)] }),
        description: 'Input and output tokens.',
        resolve: (stats) => stats.distribution(inputTokens).total + stats.distribution(outputTokens).total,
      }),
    };
  },
});
