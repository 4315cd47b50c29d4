import type { Dimension, GroupBy, UsageFilters } from '../../gql/graphql.ts';

/** Each dimension of one tenant's reports with its name and its field in filters. */
export const dimensions: Record<
  Exclude<Dimension, 'TENANT'>,
  { name: string; filter: Exclude<keyof UsageFilters, 'tags'> }
> = {
  MODEL: { name: 'Model', filter: 'model' },
  PROVIDER: { name: 'Provider', filter: 'provider' },
  AGENT: { name: 'Agent', filter: 'agentId' },
  USER: { name: 'User', filter: 'userId' },
  CHANNEL: { name: 'Channel', filter: 'channelId' },
  OPERATION: { name: 'Operation', filter: 'operation' },
  STATUS: { name: 'Status', filter: 'status' },
  COST_SOURCE: { name: 'Source of the cost', filter: 'costSource' },
  SERVICE_TIER: { name: 'Service tier', filter: 'serviceTier' },
  THREAD: { name: 'Conversation', filter: 'threadId' },
  BOT: { name: 'Bot', filter: 'botId' },
  KNOWLEDGE_BASE: { name: 'Knowledge base', filter: 'knowledgeBaseId' },
  RECORDED_BY: { name: 'Recorded by', filter: 'recordedBy' },
};

type DimensionId = keyof typeof dimensions;
const isDimension = (text: string): text is DimensionId => Object.hasOwn(dimensions, text);

const tagPrefix = 'tag:';
/** What the address has for a tag. */
export const keyOfTag = (name: string): string => `${tagPrefix}${name}`;

/** The dimension or tag that the address names with a key such as "MODEL" or "tag:team"; undefined for anything else. */
export function groupByOf(key: string): GroupBy | undefined {
  if (key.startsWith(tagPrefix)) return { tag: key.slice(tagPrefix.length) };
  return isDimension(key) ? { dimension: key } : undefined;
}

export function nameOfKey(key: string): string {
  if (key.startsWith(tagPrefix)) return `Tag ${key.slice(tagPrefix.length)}`;
  return isDimension(key) ? dimensions[key].name : key;
}

export interface Filter {
  key: string;
  /** "" for calls without a value. */
  value: string;
}

/** "MODEL=gpt-5" or "tag:team=search"; names of tags have no "=". */
export function parseFilter(text: string): Filter | undefined {
  const [, key = '', value = ''] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
  return groupByOf(key) ? { key, value } : undefined;
}
export const filterText = ({ key, value }: Filter): string => `${key}=${value}`;

/** Filters as the gateway takes them: any of the values of a key, and all of the keys. */
export function filtersOf(filters: readonly Filter[]): UsageFilters | null {
  if (filters.length === 0) return null;
  const values = new Map<string, string[]>();
  for (const { key, value } of filters) values.set(key, [...(values.get(key) ?? []), value]);
  const result: Record<string, unknown> = {};
  const tags: NonNullable<UsageFilters['tags']> = [];
  for (const [key, some] of values)
    if (key.startsWith(tagPrefix)) tags.push({ name: key.slice(tagPrefix.length), values: some });
    else if (isDimension(key)) result[dimensions[key].filter] = some;
  return { ...result, ...(tags.length > 0 ? { tags } : {}) };
}
