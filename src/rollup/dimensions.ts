/**
 * What calls are told apart by, each thing once: its column, what stands for none, and the filter of reports that looks
 * at it. The keys of summaries, the filters, the breakdowns and the choice of summaries follow from this list; adding a
 * dimension is a line here and a migration.
 */
export interface Dimension {
  /** Name of the filter, and of the dimension everywhere in the code. */
  readonly name: string;
  /** Column of the ledger, and of summaries that are told apart by it. */
  readonly column: string;
  /** Whether a call may be without it. */
  readonly optional: boolean;
  /** What reports call the calls that are without it; null where they have no name. */
  readonly none: 'unknown' | null;
  /** GraphQL type of its values. */
  readonly type: 'ID' | 'String' | 'CallStatus';
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
    description: 'How calls ended.',
  },
] as const satisfies readonly Dimension[];

export type DimensionName = (typeof dimensionList)[number]['name'];

/** In the order in which filters show them. */
export const dimensions: readonly (Dimension & { name: DimensionName })[] = dimensionList;

const byName = new Map(dimensions.map((dimension) => [dimension.name, dimension]));

/** The dimension of a name. */
export function dimension(name: DimensionName): Dimension & { name: DimensionName } {
  const found = byName.get(name);
  if (!found) throw new Error(`There is no dimension '${name}'.`);
  return found;
}

/** Whether a text names a dimension. */
export const isDimensionName = (name: string): name is DimensionName => byName.has(name as DimensionName);

/** Value of a call without the dimension, in groups and in keys of summaries; no identifier is empty. */
export const noneKey = ({ none }: Dimension): string => none ?? '';

/** SQL for a call's value of a dimension as groups and summaries have it: never null. */
export const keyOfCall = (of: Dimension): string =>
  of.optional ? `coalesce(${of.column}, '${noneKey(of)}')` : of.column;
