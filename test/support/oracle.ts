import { Big } from 'big.js';
import { expectedBorders, type TimedBucket } from '../reporting/intl-clock.ts';

// What reports must say, counted call by call: no SQL, no rounding, and nothing of what it is compared with.

/** What a call says of itself besides its numbers; null where it says nothing. */
export interface CallTexts {
  agentId: string | null;
  provider: string | null;
  model: string | null;
  channelId: string | null;
  userId: string | null;
  botId: string | null;
  threadId: string | null;
  knowledgeBaseId: string | null;
  operation: string | null;
  status: 'SUCCESS' | 'FAILED';
  serviceTier: string | null;
}

/** A call as it was recorded. */
export interface RecordedCall extends CallTexts {
  tenantId: string;
  requestId: string;
  /** Milliseconds since 1970. */
  occurredAt: number;
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
  durationMs: number | null;
  timeToFirstTokenMs: number | null;
  units: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
  costUsd: string | null;
}

/** Filters as they are sent; null for one that is not set. */
export type Filters = { [Field in keyof CallTexts]?: NonNullable<CallTexts[Field]>[] | null } & {
  tags?: { name: string; values: string[] }[] | null;
  costSource?: ('CALLER' | 'UNPRICED')[] | null;
};

/** The calls in [from, to) that every filter lets through. */
export function callsIn(calls: readonly RecordedCall[], window: { from: number; to: number }, filters: Filters) {
  return matching(calls, filters).filter(({ occurredAt }) => occurredAt >= window.from && occurredAt < window.to);
}

const none: Readonly<Record<string, string>> = {
  provider: 'unknown',
  model: 'unknown',
  channelId: 'unknown',
  serviceTier: 'standard',
};

/** Nobody has a price for what these calls are of. */
const costSourceOf = ({ costUsd }: RecordedCall) => (costUsd === null ? 'UNPRICED' : 'CALLER');

/** Own properties only: a tag may be called "constructor". */
const tagOf = ({ tags }: RecordedCall, name: string) => (Object.hasOwn(tags, name) ? (tags[name] ?? null) : null);

export const matching = (calls: readonly RecordedCall[], filters: Filters): RecordedCall[] =>
  calls.filter(
    (call) =>
      textFields.every((field) => {
        const values: readonly (string | null)[] | null | undefined = filters[field];
        const ofNone = none[field] ?? null;
        // The empty text asks for the calls that say nothing.
        return !values || values.map((value) => value || ofNone).includes(call[field] ?? ofNone);
      }) &&
      (filters.tags ?? []).every(({ name, values }) => values.includes(tagOf(call, name) ?? '')) &&
      (!filters.costSource || filters.costSource.includes(costSourceOf(call))),
  );

export const textFields = [
  'agentId',
  'provider',
  'model',
  'channelId',
  'userId',
  'botId',
  'threadId',
  'knowledgeBaseId',
  'operation',
  'status',
  'serviceTier',
] as const satisfies (keyof CallTexts)[];

/** Everything that is counted, as it stands in an answer. */
export function countCalls(calls: readonly RecordedCall[]) {
  const inputTokens = distribution(calls.map((call) => call.inputTokens));
  const outputTokens = distribution(calls.map((call) => call.outputTokens));
  const { total: _, ...callDurationMs } = distribution(calls.flatMap(({ durationMs }) => durationMs ?? []));
  const { total: _total, ...timeToFirstTokenMs } = distribution(calls.flatMap((call) => call.timeToFirstTokenMs ?? []));
  const failed = calls.filter(({ status }) => status === 'FAILED').length;
  return {
    totalCalls: calls.length,
    failedCalls: failed,
    errorRate: calls.length === 0 ? 0 : failed / calls.length,
    totalCostUsd: costOf(calls).toFixed(),
    // Every cost of these calls came with them.
    cost: {
      inputUsd: '0',
      cachedInputUsd: '0',
      cacheWriteUsd: '0',
      outputUsd: '0',
      unitsUsd: '0',
      unsplitUsd: costOf(calls).toFixed(),
      cacheSavingsUsd: '0',
    },
    unpricedCalls: calls.filter(({ costUsd }) => costUsd === null).length,
    callDurationMs,
    timeToFirstTokenMs,
    inputTokens,
    outputTokens,
    cachedInputTokens: sum(calls.map((call) => call.cachedInputTokens)),
    cacheWriteTokens: sum(calls.map((call) => call.cacheWriteTokens)),
    reasoningTokens: sum(calls.map((call) => call.reasoningTokens)),
    units: unitsOf(calls),
    totalTokens: inputTokens.total + outputTokens.total,
  };
}

const costOf = (calls: readonly RecordedCall[]) =>
  calls.reduce((cost, call) => cost.plus(call.costUsd ?? 0), new Big(0));

function unitsOf(calls: readonly RecordedCall[]) {
  const sums = new Map<string, Big>();
  for (const [unit, quantity] of calls.flatMap(({ units }) => Object.entries(units)))
    sums.set(unit, (sums.get(unit) ?? new Big(0)).plus(quantity));
  return [...sums]
    .filter(([, quantity]) => !quantity.eq(0))
    .map(([unit, quantity]) => ({ unit, quantity: quantity.toFixed() }))
    .toSorted((one, other) => compareText(one.unit, other.unit));
}

const sum = (values: readonly number[]) => Number(values.reduce((total, value) => total + BigInt(value), 0n));

function distribution(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  // In whole numbers: 0.95 * 20 is a bit more than 19 as a float.
  const percentile = (percent: number) => sorted[Math.ceil((percent * count) / 100) - 1] ?? 0;
  return {
    total: sum(values),
    avg: count === 0 ? 0 : sum(values) / count,
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    p5: percentile(5),
    p50: percentile(50),
    p95: percentile(95),
    p99: percentile(99),
  };
}

export interface Bucketing {
  bucket: TimedBucket | 'NONE';
  zone: string;
}

/** Every bucket of a window over calls that are all in it. */
export function bucketsOf(
  calls: readonly RecordedCall[],
  { from, to }: { from: number; to: number },
  { bucket, zone }: Bucketing,
) {
  if (bucket === 'NONE') return [{ ts: null, end: null, stats: countCalls(calls) }];
  const borders = expectedBorders(from, to, bucket, zone);
  const inBucket = Map.groupBy(calls, ({ occurredAt }) => borders.findLastIndex((border) => border <= occurredAt));
  return borders.slice(1).map((end, index) => ({
    ts: toText(borders[index]),
    end: toText(end),
    stats: countCalls(inBucket.get(index) ?? []),
  }));
}

export const toText = (at: number | undefined) => new Date(at ?? Number.NaN).toISOString();

/** The window that a report applies: its first call where `from` is left out, else the bucket that ends the window. */
export function appliedWindow(
  calls: readonly RecordedCall[],
  { from, to }: { from: number | undefined; to: number },
  filters: Filters,
  { bucket, zone }: Bucketing,
): { from: number; to: number } {
  if (from !== undefined) return { from, to };
  const first = Math.min(...matching(calls, filters).map(({ occurredAt }) => occurredAt));
  const [lastBucket = Number.NaN] = expectedBorders(to - 1, to, bucket === 'NONE' ? 'DAY' : bucket, zone);
  return { from: first < to ? first : lastBucket, to };
}

export interface Order {
  orderBy: 'COST_DESC' | 'CALLS_DESC' | 'TOKENS_DESC' | 'NAME_ASC';
  first: number;
}

export type AgentNames = ReadonlyMap<string, string>;

/** Rows by agent; `names` has the registered ones of the tenant. */
export const byAgent = (calls: readonly RecordedCall[], order: Order, names: AgentNames) =>
  ranked(calls, order, ({ agentId }) => {
    const name = agentId === null ? undefined : names.get(agentId);
    return {
      row: { agentId, agent: name === undefined ? null : { id: agentId, name } },
      sortedBy: [name ?? agentId, agentId],
    };
  });

export const byProvider = (calls: readonly RecordedCall[], order: Order) =>
  ranked(calls, order, ({ provider }) => ({
    row: { provider: provider ?? 'unknown' },
    sortedBy: [provider ?? 'unknown'],
  }));

export const byModel = (calls: readonly RecordedCall[], order: Order) =>
  ranked(calls, order, ({ provider, model }) => ({
    row: { provider: provider ?? 'unknown', model: model ?? 'unknown' },
    sortedBy: [model ?? 'unknown', provider ?? 'unknown'],
  }));

export const byChannel = (calls: readonly RecordedCall[], order: Order) =>
  ranked(calls, order, ({ channelId }) => ({
    row: { channelId: channelId ?? 'unknown' },
    sortedBy: [channelId ?? 'unknown'],
  }));

export const byUser = (calls: readonly RecordedCall[], order: Order) =>
  ranked(calls, order, ({ userId }) => ({ row: { userId }, sortedBy: [userId] }));

/** What calls are put into groups by, as callers name it. */
export const groupKeys = {
  AGENT: 'agentId',
  PROVIDER: 'provider',
  MODEL: 'model',
  CHANNEL: 'channelId',
  USER: 'userId',
  BOT: 'botId',
  THREAD: 'threadId',
  KNOWLEDGE_BASE: 'knowledgeBaseId',
  OPERATION: 'operation',
  STATUS: 'status',
  SERVICE_TIER: 'serviceTier',
  COST_SOURCE: 'costSource',
  TENANT: 'tenantId',
} as const satisfies Record<string, keyof CallTexts | 'tenantId' | 'costSource'>;

export type DimensionKey = keyof typeof groupKeys;
/** A dimension, or a tag as "tag:team". */
export type GroupKeyName = DimensionKey | `tag:${string}`;

export const tagOfKey = (key: GroupKeyName): string | undefined =>
  key.startsWith('tag:') ? key.slice('tag:'.length) : undefined;

const isDimensionKey = (key: GroupKeyName): key is DimensionKey => Object.hasOwn(groupKeys, key);

function valueOf(call: RecordedCall, key: GroupKeyName): string | null {
  if (!isDimensionKey(key)) return tagOf(call, tagOfKey(key) ?? '');
  const field = groupKeys[key];
  return field === 'costSource' ? costSourceOf(call) : (call[field] ?? none[field] ?? null);
}

/** All groups of calls in order, each with its calls; `namesOf` has the registered agents of a tenant. */
export const groupsBy = (
  calls: readonly RecordedCall[],
  by: readonly GroupKeyName[],
  orderBy: Order['orderBy'],
  namesOf: (tenantId: string) => AgentNames,
) =>
  groupsOf(calls, orderBy, (call) => {
    const values = by.map((name) => ({
      dimension: isDimensionKey(name) ? name : null,
      tag: tagOfKey(name) ?? null,
      value: valueOf(call, name),
    }));
    const { agentId } = call;
    const name = by.includes('AGENT') && agentId !== null ? namesOf(call.tenantId).get(agentId) : undefined;
    return {
      row: { values, agent: name === undefined ? null : { id: agentId, name } },
      sortedBy: values
        .toReversed()
        .flatMap(({ dimension, value }) => (dimension === 'AGENT' ? [name ?? value, value] : [value])),
    };
  });

function ranked<Row extends object>(
  calls: readonly RecordedCall[],
  { orderBy, first }: Order,
  toGroup: (call: RecordedCall) => { row: Row; sortedBy: (string | null)[] },
) {
  return groupsOf(calls, orderBy, toGroup)
    .slice(0, first)
    .map(({ row, stats }) => ({ ...row, stats }));
}

function groupsOf<Row extends object>(
  calls: readonly RecordedCall[],
  orderBy: Order['orderBy'],
  toGroup: (call: RecordedCall) => { row: Row; sortedBy: (string | null)[] },
) {
  const groups = [...Map.groupBy(calls, (call) => JSON.stringify(toGroup(call))).values()].flatMap((members) => {
    const [call] = members;
    return call ? [{ ...toGroup(call), members, cost: costOf(members), stats: countCalls(members) }] : [];
  });
  type Group = (typeof groups)[number];
  const most: Record<Order['orderBy'], (a: Group, b: Group) => number> = {
    COST_DESC: (a, b) => b.cost.cmp(a.cost),
    CALLS_DESC: (a, b) => b.stats.totalCalls - a.stats.totalCalls,
    TOKENS_DESC: (a, b) => b.stats.totalTokens - a.stats.totalTokens,
    NAME_ASC: () => 0,
  };
  const names = (a: Group, b: Group) =>
    a.sortedBy.reduce((order, text, index) => order || compareText(text, b.sortedBy[index] ?? null), 0);
  return groups.toSorted((a, b) => most[orderBy](a, b) || names(a, b));
}

/** By code point, as its UTF-8 bytes are; null last. */
export function compareText(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
