import { nameProblem } from '../values/names.ts';

/**
 * What calls are told apart by, each thing once: its column, what stands for none, and the filter of reports that looks
 * at it. The keys of summaries, the filters, the breakdowns and the choice of summaries follow from this list; adding a
 * dimension is a line here and a migration. Every tag is a dimension as well, under a name like "tag:team".
 */
export interface Dimension {
  /** Name of the filter, and of the dimension everywhere in the code. */
  readonly name: string;
  /** Column of summaries that are told apart by it; of the ledger as well, unless `inLedger` says otherwise. */
  readonly column: string;
  /** SQL for its value over a call, null for none, and the column of the ledger that it reads. */
  readonly inLedger?: { readonly value: string; readonly reads: string };
  /** Whether a call may be without it. */
  readonly optional: boolean;
  /** What reports call the calls that are without it; null where they have no name. */
  readonly none: 'unknown' | 'standard' | null;
  /** GraphQL type of its values. */
  readonly type: 'ID' | 'String' | 'CallStatus' | 'CostSource';
  /** The values that there can be, where they are few. */
  readonly values?: readonly string[];
  /** Of its values, in the plural: "Agents, registered or not." */
  readonly description: string;
}

const dimensionList = [
  {
    name: 'agentId',
    column: 'agent_id',
    optional: true,
    none: null,
    type: 'ID',
    description: 'Agents, registered or not.',
  },
  {
    name: 'provider',
    column: 'provider',
    optional: false,
    none: 'unknown',
    type: 'String',
    description: 'Providers; "unknown" for calls that named none.',
  },
  {
    name: 'model',
    column: 'model',
    optional: false,
    none: 'unknown',
    type: 'String',
    description: 'Models; "unknown" for calls that named none.',
  },
  {
    name: 'channelId',
    column: 'channel_id',
    optional: true,
    none: 'unknown',
    type: 'String',
    description: 'Channels; "unknown" for calls that named none.',
  },
  { name: 'userId', column: 'user_id', optional: true, none: null, type: 'String', description: 'Users.' },
  { name: 'botId', column: 'bot_id', optional: true, none: null, type: 'String', description: 'Bots.' },
  { name: 'threadId', column: 'thread_id', optional: true, none: null, type: 'String', description: 'Conversations.' },
  {
    name: 'knowledgeBaseId',
    column: 'knowledge_base_id',
    optional: true,
    none: null,
    type: 'String',
    description: 'Knowledge bases.',
  },
  { name: 'operation', column: 'operation', optional: true, none: null, type: 'String', description: 'Kinds of call.' },
  {
    name: 'status',
    column: 'status',
    optional: false,
    none: null,
    type: 'CallStatus',
    values: ['SUCCESS', 'FAILED'],
    description: 'How calls ended.',
  },
  {
    name: 'serviceTier',
    column: 'service_tier',
    optional: false,
    none: 'standard',
    type: 'String',
    description: 'Service tiers; "standard" for ordinary processing.',
  },
  {
    name: 'recordedBy',
    column: 'recorded_by',
    optional: false,
    none: 'unknown',
    type: 'String',
    description: 'Who recorded calls, a key or a user; "unknown" for calls from before that was kept.',
  },
  {
    name: 'costSource',
    column: 'cost_source',
    optional: false,
    none: null,
    type: 'CostSource',
    values: ['CALLER', 'TENANT_PRICE', 'PLATFORM_PRICE', 'CATALOGUE', 'UNPRICED'],
    description: 'Where costs come from.',
  },
] as const satisfies readonly Dimension[];

/** A dimension of the list. */
export type ListedName = (typeof dimensionList)[number]['name'];
/** The dimension of a tag. */
export type TagDimension = `tag:${string}`;
export type DimensionName = ListedName | TagDimension;

/** In the order in which filters show them. */
export const dimensions: readonly (Dimension & { name: ListedName })[] = dimensionList;

const byName = new Map<string, Dimension & { name: ListedName }>(
  dimensions.map((dimension) => [dimension.name, dimension]),
);

const prefix = 'tag:';

/** The dimension of a tag by its name. */
export const tagDimension = (tag: string): TagDimension => `${prefix}${tag}`;

/** The name of the tag that a dimension is of; undefined for the others. */
export const tagOf = (name: string): string | undefined =>
  name.startsWith(prefix) && nameProblem(name.slice(prefix.length)) === undefined
    ? name.slice(prefix.length)
    : undefined;

/** The dimension of a name. */
export function dimension(name: DimensionName): Dimension {
  const found = byName.get(name) ?? ofTag(name);
  if (!found) throw new Error(`There is no dimension '${name}'.`);
  return found;
}

function ofTag(name: DimensionName): Dimension | undefined {
  const tag = tagOf(name);
  if (tag === undefined) return undefined;
  // No name of a tag has a quotation mark. Out of JSON a text comes without a collation of its own.
  const inLedger = { value: `(tags ->> '${tag}') collate "C"`, reads: 'tags' };
  const description = `Values of the tag "${tag}".`;
  return { name, column: 'tag_value', inLedger, optional: true, none: null, type: 'String', description };
}

/** Whether a text names a dimension. */
export const isDimensionName = (name: string): name is DimensionName => byName.has(name) || tagOf(name) !== undefined;

/** Value of a call without the dimension, in groups and in keys of summaries; no identifier is empty. */
export const noneKey = ({ none }: Pick<Dimension, 'none'>): string => none ?? '';

/** SQL for a call's value of a dimension as groups and summaries have it: never null. */
export const keyOfCall = (of: Dimension): string => {
  const value = of.inLedger?.value ?? of.column;
  return of.optional ? `coalesce(${value}, '${noneKey(of)}')` : value;
};

/** Column of the ledger that a call's value of a dimension is in. */
export const ledgerColumn = ({ inLedger, column }: Dimension): string => inLedger?.reads ?? column;
