import { LRUCache } from 'lru-cache';
import type { RequestContext } from '../caller/request-context.ts';
import { maxPageSize } from '../graphql/connection.ts';
import { batchLoader } from '../graphql/loader.ts';
import type { DimensionName } from '../rollup/dimensions.ts';
import { summaryColumns } from '../rollup/summary-columns.ts';
import { bucketBorders, type Bucket } from './calendar/bucket-borders.ts';
import {
  queryKey,
  type Aggregation,
  type Bucketing,
  type GroupPage,
  type ReportQuery,
  type UsageOrder,
} from './query/report-query.ts';
import { inTurn } from './report-gate.ts';
import { GatewayError } from '../values/errors.ts';
import { noUsage, type UsageStats } from './usage-stats.ts';
import { aggregateUsage, findFirstCalls, type UsageRow } from './usage.repository.ts';

/** All aggregations that a request needs at the same time, for reports and breakdowns alike, are loaded together. */
const usageLoader = (context: RequestContext) =>
  batchLoader<Aggregation, UsageRow[]>(
    (aggregations) =>
      inTurn(context, () => aggregateUsage(context.em, aggregations, context.services.reportLimits.callsRead)),
    aggregationKey,
  );

type BeginKey = Omit<ReportQuery, 'from'> & { from: Date | null };

/** Windows that have a start wait for those that need one, so that the reports of a request are loaded together. */
const beginLoader = (context: RequestContext) =>
  batchLoader<BeginKey, Date | null>(
    async (keys) => {
      const unbounded = keys.filter((key) => key.from === null);
      const found = unbounded.length === 0 ? [] : await inTurn(context, () => findFirstCalls(context.em, unbounded));
      const firstCalls = found.values();
      return keys.map((key) => key.from ?? firstCalls.next().value ?? null);
    },
    ({ from, ...query }) => JSON.stringify([from, queryKey({ ...query, from: query.to })]),
  );

function aggregationKey({ query, grouping, columns }: Aggregation): string {
  // Borders are left out: they follow from the query and the rest of the grouping, and are long.
  const rest = JSON.stringify(grouping, (name, value: unknown) => (name === 'borders' ? undefined : value));
  return JSON.stringify([queryKey(query), rest, columns]);
}

/**
 * Borders by start of the window, bucket and time zone. Equal reports under different aliases share a list, and a dashboard
 * asks for the same ones again. Finding the borders of a year takes longer than reading its summaries.
 */
const bordersMemory = new LRUCache<string, Date[]>({ maxSize: 200_000, sizeCalculation: ({ length }) => length });

/** Start of a window: as given, otherwise the first call that passes the filters, even after the window; null for none. */
export const loadBegin = (context: RequestContext, key: BeginKey): Promise<Date | null> =>
  context.once(beginLoader).load(key);

/** How many rows one with a sketch weighs as, for each sketch: a sketch takes about eight times the room of the rest. */
const sketchRows = 8;

const sketches = new Set(summaryColumns.flatMap(({ name, combine }) => (combine === 'sketch' ? name : [])));

/** How many rows an aggregation has at most. */
function mostRows({ grouping }: Aggregation): number {
  switch (grouping.by) {
    case 'total':
      return 1;
    case 'bucket':
      return grouping.borders.length;
    case 'dimensions':
      // Budgets ask for all agents, which are about as many as a page of them.
      return Math.min(grouping.first, maxPageSize);
    case 'page':
      return (grouping.first + 1) * (grouping.bucketing?.borders.length ?? 1);
  }
}

const rowCount = () => ({ rows: 0 });

/** Loads an aggregation. @throws {GatewayError} QUERY_TOO_COSTLY when the request's reports would have too many rows. */
function load(context: RequestContext, aggregation: Aggregation): Promise<UsageRow[]> {
  const all = context.once(rowCount);
  const { rows: most } = context.services.reportLimits;
  const eachWithSketches = 1 + sketchRows * aggregation.columns.filter((column) => sketches.has(column)).length;
  all.rows += mostRows(aggregation) * eachWithSketches;
  if (all.rows > most)
    throw new GatewayError(
      'QUERY_TOO_COSTLY',
      `The reports of the request would have ${all.rows} rows or more, of which one with percentiles counts as ${sketchRows} more for each distribution; at most ${most} are allowed. Ask for larger buckets, a shorter window, or fewer reports, groups or percentiles.`,
    );
  return context.once(usageLoader).load(aggregation);
}

/** Totals of the calls of a report query. */
export async function loadTotals(
  context: RequestContext,
  query: ReportQuery,
  columns: readonly string[],
): Promise<UsageStats> {
  const [row] = await load(context, { query, grouping: { by: 'total' }, columns });
  return row?.stats ?? noUsage;
}

export interface BucketUsage {
  /** Start; null when the whole window is one row. */
  ts: Date | null;
  end: Date | null;
  /** Time zone whose clock the buckets follow. */
  timezone: string;
  stats: UsageStats;
}

/**
 * Every bucket of the window in order, including those without calls.
 * @throws {ValidationError} for more than 10,000 buckets.
 */
export async function loadBuckets(
  context: RequestContext,
  query: ReportQuery,
  bucket: Bucket,
  timezone: string,
  columns: readonly string[],
): Promise<BucketUsage[]> {
  if (bucket === 'NONE') return [{ ts: null, end: null, timezone, stats: await loadTotals(context, query, columns) }];
  const bucketing = { bucket, timezone, borders: rememberedBorders(query, bucket, timezone) };
  const rows = await load(context, { query, grouping: { by: 'bucket', ...bucketing }, columns });
  return withoutGaps(bucketing, rows);
}

/** Every bucket in order, from rows of those that have calls. */
function withoutGaps({ borders, timezone }: Bucketing, rows: readonly UsageRow[]): BucketUsage[] {
  const byBucket = new Map(rows.map((row) => [row.bucket, row.stats]));
  return borders.slice(1).map((end, index) => ({
    ts: borders[index] ?? end,
    end,
    timezone,
    stats: byBucket.get(index) ?? noUsage,
  }));
}

function rememberedBorders({ from, to }: ReportQuery, bucket: Exclude<Bucket, 'NONE'>, timezone: string): Date[] {
  const key = JSON.stringify([from, bucket, timezone]);
  const known = bordersMemory.get(key);
  // A window up to now ends a little later each time, but nearly always in the same bucket.
  const [before, last] = known?.slice(-2) ?? [];
  const borders =
    known && before && last && before < to && to <= last ? known : bucketBorders(from, to, bucket, timezone);
  bordersMemory.set(key, borders);
  return borders;
}

/** The first groups by dimensions, in an order; groups without calls are left out. */
export const loadGroups = (
  context: RequestContext,
  query: ReportQuery,
  dimensions: readonly DimensionName[],
  { first, orderBy }: { first: number; orderBy: UsageOrder },
  columns: readonly string[],
): Promise<UsageRow[]> => load(context, { query, grouping: { by: 'dimensions', dimensions, first, orderBy }, columns });

/** A group of a page, or all that are not on it. */
export interface LoadedGroup {
  /** Values of what is grouped by; `noneKey` for none. Empty for the others. */
  keys: readonly string[];
  /** The name that its agent is sorted by; null where groups are not told apart by agent. */
  name: string | null;
  stats: UsageStats;
  /** Empty unless they were asked for. */
  buckets: readonly BucketUsage[];
}

export interface LoadedPage {
  groups: LoadedGroup[];
  /** Null when every group is on the page. */
  others: LoadedGroup | null;
  groupCount: bigint;
  hasNextPage: boolean;
}

/** What is wanted of a page of groups, and whether with the buckets of its groups and of the others. */
type WantedPage = Omit<GroupPage, 'bucketing'> & { buckets: { bucket: Bucket; timezone: string } | null };

/**
 * A page of groups in an order. Groups without calls are left out.
 * @throws {ValidationError} for more than 10,000 buckets.
 */
export async function loadGroupPage(
  context: RequestContext,
  query: ReportQuery,
  { buckets, ...page }: WantedPage,
  columns: readonly string[],
): Promise<LoadedPage> {
  const bucketing =
    buckets === null || buckets.bucket === 'NONE'
      ? null
      : {
          bucket: buckets.bucket,
          timezone: buckets.timezone,
          borders: rememberedBorders(query, buckets.bucket, buckets.timezone),
        };
  const rows = await load(context, { query, grouping: { by: 'page', ...page, bucketing }, columns });
  const byRank = Map.groupBy(rows, ({ rank }) => rank);
  const group = (ofGroup: readonly UsageRow[]): LoadedGroup[] => {
    const whole = ofGroup.find(({ bucket }) => bucket === null);
    if (!whole) return [];
    const { keys, stats, page } = whole;
    const inBuckets = bucketing
      ? withoutGaps(bucketing, ofGroup)
      : [{ ts: null, end: null, timezone: buckets?.timezone ?? 'UTC', stats }];
    return [{ keys: whole.rank === null ? [] : keys, name: page.name, stats, buckets: buckets ? inBuckets : [] }];
  };
  const { groupCount, following } = byRank.get(null)?.find(({ bucket }) => bucket === null)?.page ?? noOthers;
  const groups = [...byRank].flatMap(([rank, ofGroup]) => (rank === null ? [] : group(ofGroup)));
  return {
    groups,
    others: group(byRank.get(null) ?? [])[0] ?? null,
    groupCount: groupCount + BigInt(groups.length),
    hasNextPage: following > 0n,
  };
}

const noOthers = { groupCount: 0n, following: 0n };
