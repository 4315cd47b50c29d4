import { batchLoader } from '../graphql/loader.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { bucketBorders, type Bucket } from './bucket-borders.ts';
import type { SummaryColumn } from '../rollup/summary-sql.ts';
import { questionKey, type Aggregation, type Dimension, type Question, type UsageOrder } from './question.ts';
import { noUsage, type UsageStats } from './usage-stats.ts';
import { aggregateUsage, findFirstCalls, type UsageRow } from './usage.repository.ts';

/** Everything that a request asks for in one turn, reports and breakdowns alike, is one statement. */
const usageLoader = (context: RequestContext) =>
  batchLoader<Aggregation, UsageRow[]>((aggregations) => aggregateUsage(context.em, aggregations), aggregationKey);

type BeginKey = Omit<Question, 'from'> & { from: Date | null };

/** Windows that have a begin wait for those that need one, so that the reports of a request go on together. */
const beginLoader = (context: RequestContext) =>
  batchLoader<BeginKey, Date | null>(
    async (keys) => {
      const open = keys.filter((key) => key.from === null).map((key) => ({ ...key, from: key.to }));
      const firstCalls = (await findFirstCalls(context.em, open)).values();
      return keys.map((key) => key.from ?? firstCalls.next().value ?? null);
    },
    ({ from, ...question }) => JSON.stringify([from, questionKey({ ...question, from: question.to })]),
  );

function aggregationKey({ question, grouping, columns }: Aggregation): string {
  // Borders follow from the question and the rest of the grouping, and are long.
  const { borders: _, ...rest } = { borders: null, ...grouping };
  return JSON.stringify([questionKey(question), rest, columns]);
}

/** Borders by question and bucket, so that equal reports under different aliases share one list. */
const bordersMemory = () => new Map<string, Date[]>();

/** Begin of a window: as given, else the first call that is asked for, whatever the window says; null for none. */
export const loadBegin = (context: RequestContext, key: BeginKey): Promise<Date | null> =>
  context.once(beginLoader).load(key);

export async function loadTotals(
  context: RequestContext,
  question: Question,
  columns: readonly SummaryColumn[],
): Promise<UsageStats> {
  const [row] = await context.once(usageLoader).load({ question, grouping: { by: 'total' }, columns });
  return row?.stats ?? noUsage;
}

export interface BucketUsage {
  /** Null when the whole window is one row. */
  ts: Date | null;
  end: Date | null;
  stats: UsageStats;
}

/**
 * Every bucket of the window in order, those without calls as zeros.
 * @throws {ValidationError} for more than 10,000 buckets.
 */
export async function loadBuckets(
  context: RequestContext,
  question: Question,
  bucket: Bucket,
  timezone: string,
  columns: readonly SummaryColumn[],
): Promise<BucketUsage[]> {
  if (bucket === 'NONE') return [{ ts: null, end: null, stats: await loadTotals(context, question, columns) }];
  const borders = rememberedBorders(context, question, bucket, timezone);
  const rows = await context
    .once(usageLoader)
    .load({ question, grouping: { by: 'bucket', bucket, timezone, borders }, columns });
  const byBucket = new Map(rows.map((row) => [row.bucket, row.stats]));
  return borders.slice(0, -1).map((ts, index) => ({
    ts,
    end: borders[index + 1] ?? question.to,
    stats: byBucket.get(index) ?? noUsage,
  }));
}

function rememberedBorders(
  context: RequestContext,
  { from, to }: Question,
  bucket: Exclude<Bucket, 'NONE'>,
  timezone: string,
) {
  const memory = context.once(bordersMemory);
  const key = JSON.stringify([from, to, bucket, timezone]);
  const borders = memory.get(key) ?? bucketBorders(from, to, bucket, timezone);
  memory.set(key, borders);
  return borders;
}

/** The first groups of a dimension in an order; groups without calls are left out. */
export const loadBreakdown = (
  context: RequestContext,
  question: Question,
  dimension: Dimension,
  { first, orderBy }: { first: number; orderBy: UsageOrder },
  columns: readonly SummaryColumn[],
): Promise<UsageRow[]> =>
  context.once(usageLoader).load({ question, grouping: { by: dimension, first, orderBy }, columns });
