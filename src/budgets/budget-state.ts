import { Big } from 'big.js';
import type { Decimal } from '../values/money.ts';

export type BudgetStatus = 'OK' | 'WARNING' | 'EXCEEDED';

export interface BudgetState {
  /** Spent divided by the limit; zero for a limit that is not positive. */
  ratio: number;
  status: BudgetStatus;
}

const warningFrom = new Big('0.8');

/** State of a budget. Decimals are compared exactly: a limit reached to the last digit is reached. */
export function budgetState(limitUsd: Decimal, currentUsd: Decimal): BudgetState {
  if (limitUsd.lte(0)) return { ratio: 0, status: 'OK' };
  const ratio = currentUsd.div(limitUsd).toNumber();
  if (currentUsd.gte(limitUsd)) return { ratio, status: 'EXCEEDED' };
  return { ratio, status: currentUsd.gte(limitUsd.times(warningFrom)) ? 'WARNING' : 'OK' };
}
