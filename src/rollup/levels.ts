import { nameProblem } from '../values/names.ts';
import { dimension, keyOfCall, ledgerColumn, tagDimension, type DimensionName } from './dimensions.ts';
import type { LocalUnit } from './local-clock.ts';

/** Lengths of time that are summarised: on the clock of UTC, and on a tenant's own; those of each from the finest. */
const utcGrains = ['HOUR', 'DAY', 'MONTH', 'YEAR'] as const;
const localGrains = ['LOCAL_DAY', 'LOCAL_MONTH'] as const;

export type UtcGrain = (typeof utcGrains)[number];
export type LocalGrain = (typeof localGrains)[number];
export type Grain = UtcGrain | LocalGrain;

export const grains: readonly Grain[] = [...utcGrains, ...localGrains];

/** What a grain on the tenant's own clock is the length of. */
export const localUnits: Readonly<Record<LocalGrain, LocalUnit>> = { LOCAL_DAY: 'DAY', LOCAL_MONTH: 'MONTH' };

/** Whether a grain begins on the tenant's own clock. */
export const isLocal = (grain: Grain): grain is LocalGrain => grain in localUnits;

/** Of some grains the coarsest one whose summaries those of a grain can be made from. */
export const finerOf = (grain: Grain, among: readonly Grain[]): Grain | undefined =>
  grains
    .slice(0, grains.indexOf(grain))
    .findLast((finer) => among.includes(finer) && isLocal(finer) === isLocal(grain));

/** A table of summaries: what its rows tell apart besides tenant and time, and for which lengths of time. */
export interface Level {
  name: 'TENANT' | 'AGENT' | 'MODEL' | 'USER' | 'DETAIL' | `TAG:${string}`;
  table: 'tenant_summary' | 'agent_summary' | 'model_summary' | 'user_summary' | 'detail_summary' | 'tag_summary';
  /** In the order of all grains. */
  grains: readonly Grain[];
  /** Those that only tenants have whose calls are so dense that a row sums up many of them; the others all have. */
  optional: readonly Grain[];
  /** Those of the optional ones that tenants have whether or not they are dense, as reports over all tenants read them. */
  forAll?: readonly Grain[];
  /** Those that there are only of calls that left the ledger, besides the ones above. */
  onlyKept?: readonly Grain[];
  dimensions: readonly DimensionName[];
  /** The dimension that it is about: a tenant whose calls have no value of it has no use for the optional grains. */
  about?: DimensionName;
  /** Of a table that holds several levels, the tag whose rows are of this one. */
  tag?: string;
  /** Whether rows are found by a hash of their dimensions, of which an index could not hold the longest. */
  hashed: boolean;
}

/** All calls of a tenant. */
const tenantLevel: Level = {
  name: 'TENANT',
  table: 'tenant_summary',
  grains: ['HOUR', 'DAY', 'MONTH', 'YEAR', 'LOCAL_DAY', 'LOCAL_MONTH'],
  optional: ['HOUR', 'LOCAL_DAY', 'LOCAL_MONTH'],
  dimensions: [],
  hashed: false,
};

/** The calls of a tenant by agent, provider, model and channel. Hours of it would be as many as the calls. */
const detailLevel: Level = {
  name: 'DETAIL',
  table: 'detail_summary',
  grains: ['DAY', 'MONTH'],
  optional: ['DAY', 'MONTH'],
  onlyKept: localGrains,
  dimensions: ['agentId', 'provider', 'model', 'channelId'],
  hashed: true,
};

/** The calls of a tenant by agent alone: a thirtieth of the details. */
const agentLevel: Level = {
  name: 'AGENT',
  table: 'agent_summary',
  grains: ['DAY', 'MONTH'],
  optional: ['DAY'],
  dimensions: ['agentId'],
  hashed: false,
};

/** The calls of a tenant by provider and model alone. */
const modelLevel: Level = {
  name: 'MODEL',
  table: 'model_summary',
  grains: ['DAY', 'MONTH'],
  optional: ['DAY'],
  forAll: ['DAY'],
  dimensions: ['provider', 'model'],
  hashed: false,
};

/** The calls of a tenant by user, provider and model: what a user costs, and by which models. */
const userLevel: Level = {
  name: 'USER',
  table: 'user_summary',
  grains: ['DAY', 'MONTH'],
  optional: ['DAY', 'MONTH'],
  onlyKept: localGrains,
  dimensions: ['userId', 'provider', 'model'],
  hashed: true,
  about: 'userId',
};

/**
 * The calls of a tenant by the values of a tag, those without it among them. All tags share a table; a tenant has those
 * levels that pay for it, so that a tag of which nearly every call has a value of its own has none.
 */
export const tagLevel = (tag: string): Level => ({
  name: `TAG:${tag}`,
  table: 'tag_summary',
  grains: ['DAY', 'MONTH'],
  optional: ['DAY', 'MONTH'],
  onlyKept: localGrains,
  dimensions: [tagDimension(tag)],
  hashed: false,
  tag,
});

/** With the fewest rows first: the first that tells apart what is asked by is the best to read. */
export const listedLevels: readonly Level[] = [tenantLevel, agentLevel, modelLevel, userLevel, detailLevel];

/** Tables of summaries, each with one of the levels that it holds. */
export const tableLevels: readonly Level[] = [...listedLevels, tagLevel('any')];

// No name of a tag has capital letters.
const tagCode = /^TAG:([^A-Z]+)_(?:LOCAL_)?(?:DAY|MONTH)$/;

/** Tags that some optional levels are of. */
export const tagsOf = (codes: Iterable<string>): string[] => [
  ...new Set(
    [...codes].flatMap((code) => {
      const tag = tagCode.exec(code)?.[1];
      return tag !== undefined && nameProblem(tag) === undefined ? [tag] : [];
    }),
  ),
];

/** Every level that tenants with some optional ones have any of. */
export const levelsWith = (codes: Iterable<string>): Level[] => [...listedLevels, ...tagsOf(codes).map(tagLevel)];

/** An optional grain of a level, as the mark of a tenant that has it lists it. */
export type OptionalLevel = `${Level['name']}_${Grain}`;

/** Name of an optional grain of a level. */
export const optionalLevel = ({ name }: Level, grain: Grain): OptionalLevel => `${name}_${grain}`;

/** Every optional grain of levels. */
export const optionalOf = (levels: readonly Level[]): readonly { code: OptionalLevel; level: Level; grain: Grain }[] =>
  levels.flatMap((level) => level.optional.map((grain) => ({ code: optionalLevel(level, grain), level, grain })));

/** Every optional grain of the listed levels. */
export const optionalLevels = optionalOf(listedLevels);

/** Grains of a level that there are, in the order of all grains, where these are the optional ones. */
export const grainsOf = (level: Level, has: readonly OptionalLevel[]): Grain[] => [
  ...level.grains.filter((grain) => !level.optional.includes(grain) || has.includes(optionalLevel(level, grain))),
  ...(level.onlyKept ?? []).filter((grain) => has.includes(optionalLevel(level, grain))),
];

/** Columns of a level's dimensions. */
export const dimensionColumns = (level: Level): string[] => level.dimensions.map((name) => dimension(name).column);

/** Columns that a summary of the level is found by, the tenant first. */
export const keyColumns = (level: Level): string[] => [
  'tenant_id',
  'grain',
  'starts_at',
  ...(level.tag === undefined ? [] : ['tag_name']),
  ...(level.hashed ? ['dimensions_hash'] : dimensionColumns(level)),
];

/** SQL for the condition that a row of a level's table is of the level, beginning with "and"; empty where all are. */
export const ofLevel = ({ tag }: Level, of = ''): string => (tag === undefined ? '' : ` and ${of}tag_name = '${tag}'`);

/** Columns of the ledger that a level's dimensions read. */
export const readByLevel = (level: Level): string[] => level.dimensions.map((name) => ledgerColumn(dimension(name)));

/** The level's dimensions as SQL over a call, each under the name of its column. */
export const dimensionsOfCall = (level: Level): string[] =>
  level.dimensions.map((name) => `${keyOfCall(dimension(name))} as ${dimension(name).column}`);

/** SQL for the hash of a row's dimensions. No identifier has a control character, so that the unit separator parts them. */
export const dimensionsHash = (level: Level, of = ''): string =>
  `sha256(convert_to(concat_ws(chr(31), ${dimensionColumns(level)
    .map((column) => of + column)
    .join(', ')}), 'UTF8'))`;
