import { Big } from 'big.js';
import type { Budget } from '../limits/budget.entity.ts';
import { ValidationError } from '../values/errors.ts';
import { amountProblem, type Decimal } from '../values/money.ts';

/** From when on an hour is a spike: from so many times what is usual, and never below the floor. */
export interface Spike {
  factor: number;
  floor: Decimal;
}

/** What a budget watches: what is spent in a period, or in an hour. */
export type Watched = Pick<Budget, 'limit' | 'spikeFactor' | 'spikeFloor'>;

const smallestFactor = 1;
const largestFactor = 1000;

/** @throws {ValidationError} on `limit` or `spike` unless there is one of them, and on what is wrong with it. */
export function readWatched(limit: Decimal | undefined, spike: Spike | undefined): Watched {
  if (limit && spike)
    throw new ValidationError("A budget has a 'limit' or watches for a 'spike', not both; create two budgets", 'spike');
  if (spike) return { limit: null, ...readSpike(spike) };
  if (!limit)
    throw new ValidationError(
      "'limit' is required: USD, tokens or calls in a period. Or 'spike', for an hour",
      'limit',
    );
  checkAmount(limit, 'limit');
  return { limit, spikeFactor: null, spikeFloor: null };
}

function readSpike({ factor, floor }: Spike): Pick<Watched, 'spikeFactor' | 'spikeFloor'> {
  if (!(factor >= smallestFactor && factor <= largestFactor))
    throw new ValidationError(`'factor' must be from ${smallestFactor} to ${largestFactor}, such as 5`, 'factor');
  checkAmount(floor, 'floor');
  if (floor.lte(0)) throw new ValidationError("'floor' must be more than 0: hours with less are no spikes", 'floor');
  return { spikeFactor: new Big(factor), spikeFloor: floor };
}

/** @throws {ValidationError} on the field. */
export function checkAmount(amount: Decimal, field: string): void {
  const problem = amountProblem(amount);
  if (problem) throw new ValidationError(`'${field}' ${problem}`, field);
}

/** The spike that a budget watches for; null for one with a limit. */
export const spikeOf = ({ spikeFactor, spikeFloor }: Watched): Spike | null =>
  spikeFactor && spikeFloor ? { factor: spikeFactor.toNumber(), floor: spikeFloor } : null;

/** From which number on an hour of a budget is a spike. */
export function spikeFrom({ spikeFactor, spikeFloor }: Watched, usual: Decimal): Decimal {
  const line = usual.times(spikeFactor ?? 0);
  return spikeFloor?.gt(line) ? spikeFloor : line;
}
