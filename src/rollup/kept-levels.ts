import {
  grainsOf,
  isLocal,
  levelsWith,
  listedLevels,
  optionalLevel,
  tagLevel,
  type Level,
  type OptionalLevel,
} from './levels.ts';

/** What calls that leave the ledger have, as far as it decides what is made of them. */
export interface Leaving {
  /** Whether any has a user. */
  hasUsers: boolean;
  /** Tags with so few values that summaries of them stay. */
  tags: readonly string[];
  /** Tags of which none stays: they tell of a person, who may have to be taken out. */
  personalTags: readonly string[];
  /** Whether the tenant's days begin at other instants than those of UTC. */
  isAwayFromUtc: boolean;
}

/** Levels that stay of every tenant's calls, whatever its size; AGENT and MODEL are told by DETAIL. */
const always: ReadonlySet<Level['name']> = new Set(['TENANT', 'DETAIL']);

/** Every optional grain of a level, those included that only stay. */
const everyGrain = (level: Level): OptionalLevel[] =>
  [...level.optional, ...(level.onlyKept ?? [])].map((grain) => optionalLevel(level, grain));

/** Every optional level of a tag. */
export const levelsOfTag = (tag: string): OptionalLevel[] => everyGrain(tagLevel(tag));

/**
 * The optional levels that stay of calls that leave the ledger: the same for every tenant, and what it has of others at the
 * time. Without them nobody could tell any more what they tell.
 */
export function keptLevels(
  has: readonly OptionalLevel[],
  { hasUsers, tags, personalTags, isAwayFromUtc }: Leaving,
): OptionalLevel[] {
  const levels = [
    ...listedLevels.filter(({ name }) => always.has(name) || (name === 'USER' && hasUsers)),
    ...tags.map(tagLevel),
  ];
  const fixed = levels.flatMap((level) =>
    grainsOf(level, everyGrain(level))
      .filter((grain) => isAwayFromUtc || !isLocal(grain))
      .map((grain) => optionalLevel(level, grain))
      .filter((code) => everyGrain(level).includes(code)),
  );
  const staying = levelsWith(has).filter(({ tag }) => tag === undefined || !personalTags.includes(tag));
  const own = staying.flatMap((level) =>
    grainsOf(level, has)
      .filter((grain) => isAwayFromUtc || !isLocal(grain))
      .map((grain) => optionalLevel(level, grain))
      .filter((code) => has.includes(code)),
  );
  return [...new Set([...fixed, ...own])].toSorted();
}
