import { isLocal, optionalLevels, type OptionalLevel } from './levels.ts';
import { differsFromUtc, type LocalClock } from './local-clock.ts';

/**
 * Calls that a row has to sum up on average for a level to be made, and to be kept. A row takes about as much room as a
 * call, and writing it as much time as recording one; reports read some ten rows in the time of that many calls.
 */
const callsARow = { toBeMade: 10, toBeKept: 5 };

/** Calls of a tenant below which its ledger is read as fast as any summaries are. */
export const fewestWeighed = 1_000;

/** A tenant's latest calls, and how many rows they are in each optional level. */
export interface Weight {
  calls: number;
  rows: Readonly<Record<OptionalLevel, number>>;
}

/** The optional levels that a tenant should have, by its latest calls, those that it has, and its clock. */
export function levelsThatPay(
  has: readonly OptionalLevel[],
  { calls, rows }: Weight,
  clock: LocalClock,
): OptionalLevel[] {
  const possible = optionalLevels.filter(({ grain }) => !isLocal(grain) || differsFromUtc(clock));
  if (calls < fewestWeighed) return possible.flatMap(({ code }) => (has.includes(code) ? [code] : []));
  return possible.flatMap(({ code }) => {
    const enough = has.includes(code) ? callsARow.toBeKept : callsARow.toBeMade;
    return calls >= enough * rows[code] ? [code] : [];
  });
}
