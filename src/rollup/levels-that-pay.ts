import { isLocal, levelsWith, optionalOf, tagsOf, type OptionalLevel } from './levels.ts';
import { differsFromUtc, type LocalClock } from './local-clock.ts';

/**
 * Calls that a row has to sum up on average for a level to be made, and to be kept. A row takes about as much room as a
 * call, and writing it as much time as recording one; reports read some ten rows in the time of that many calls.
 */
const callsARow = { toBeMade: 10, toBeKept: 5 };

/** Calls of a tenant below which its ledger is read as fast as any summaries are. */
export const fewestWeighed = 1_000;

/**
 * Calls after which a tenant with levels by user or by tag is weighed again: nothing else bounds how many users and values
 * of tags there are.
 */
export const mostUnweighed = 100_000;

/** A tenant's latest calls, and how many rows they are in each optional level. */
export interface Weight {
  calls: number;
  rows: Readonly<Partial<Record<OptionalLevel, number | null>>>;
}

/** Most tags that a tenant has levels of: those whose values sum up the most calls. */
const mostTags = 8;

/** The optional levels that a tenant should have, by its latest calls, those that it has, and its clock. */
export function levelsThatPay(
  has: readonly OptionalLevel[],
  { calls, rows }: Weight,
  clock: LocalClock,
): OptionalLevel[] {
  const possible = optionalOf(levelsWith([...Object.keys(rows), ...has])).filter(
    ({ grain }) => !isLocal(grain) || differsFromUtc(clock),
  );
  if (calls < fewestWeighed) return possible.flatMap(({ code }) => (has.includes(code) ? [code] : []));
  const pays = (code: OptionalLevel) => {
    const enough = has.includes(code) ? callsARow.toBeKept : callsARow.toBeMade;
    // What the latest calls have nothing of is not asked by either.
    return calls >= enough * (rows[code] ?? Infinity);
  };
  const paying = possible.filter(({ code, level, grain }) => level.forAll?.includes(grain) || pays(code));
  const rowsOfTag = (tag: string) => rows[`TAG:${tag}_DAY`] ?? Infinity;
  const best = tagsOf(paying.map(({ code }) => code))
    .toSorted((one, other) => rowsOfTag(one) - rowsOfTag(other))
    .slice(0, mostTags);
  const tags = new Set(best);
  return paying.flatMap(({ code, level: { tag } }) => (tag === undefined || tags.has(tag) ? [code] : []));
}
