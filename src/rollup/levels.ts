import { dimension, keyOfCall, type DimensionName } from './dimensions.ts';

/** Lengths of time that are summarised; each begins on the clock of UTC. */
export type Grain = 'HOUR' | 'DAY' | 'MONTH';

/** A table of summaries: what its rows tell apart besides tenant and time, and for which lengths of time. */
export interface Level {
  table: 'tenant_summary' | 'detail_summary' | 'agent_summary' | 'model_summary';
  /** From the finest, which is made from calls; each other one is made from the one before. */
  grains: readonly [Grain, ...Grain[]];
  dimensions: readonly DimensionName[];
  /** Whether rows are found by a hash of their dimensions, of which an index could not hold the longest. */
  hashed: boolean;
}

/** All calls of a tenant. */
const tenantLevel: Level = {
  table: 'tenant_summary',
  grains: ['HOUR', 'DAY', 'MONTH'],
  dimensions: [],
  hashed: false,
};

/** The calls of a tenant by agent, provider, model and channel. Hours of it would be as many as the calls. */
const detailLevel: Level = {
  table: 'detail_summary',
  grains: ['DAY', 'MONTH'],
  dimensions: ['agentId', 'provider', 'model', 'channelId'],
  hashed: true,
};

/** The calls of a tenant by agent alone: a thirtieth of the details of a month, and of days not worth its room. */
const agentLevel: Level = { table: 'agent_summary', grains: ['MONTH'], dimensions: ['agentId'], hashed: false };

/** The calls of a tenant by provider and model alone. */
const modelLevel: Level = {
  table: 'model_summary',
  grains: ['MONTH'],
  dimensions: ['provider', 'model'],
  hashed: false,
};

/** With the fewest rows first: the first that tells apart what is asked by is the best to read. */
export const levels: readonly Level[] = [tenantLevel, agentLevel, modelLevel, detailLevel];

/** Columns of a level's dimensions. */
export const dimensionColumns = (level: Level): string[] => level.dimensions.map((name) => dimension(name).column);

/** Columns that a summary of the level is found by, the tenant first. */
export const keyColumns = (level: Level): string[] => [
  'tenant_id',
  'grain',
  'starts_at',
  ...(level.hashed ? ['dimensions_hash'] : dimensionColumns(level)),
];

/** The level's dimensions as SQL over a call, each under the name of its column. */
export const dimensionsOfCall = (level: Level): string[] =>
  level.dimensions.map((name) => `${keyOfCall(dimension(name))} as ${dimension(name).column}`);

/** SQL for the hash of a row's dimensions. No identifier has a control character, so that the unit separator parts them. */
export const dimensionsHash = (level: Level, of = ''): string =>
  `sha256(convert_to(concat_ws(chr(31), ${dimensionColumns(level)
    .map((column) => of + column)
    .join(', ')}), 'UTF8'))`;
