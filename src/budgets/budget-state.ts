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
export function budgetState(limit: Decimal, spent: Decimal): BudgetState {
  if (limit.lte(0)) return { ratio: 0, status: 'OK' };
  const ratio = spent.div(limit).toNumber();
  if (spent.gte(limit)) return { ratio, status: 'EXCEEDED' };
  return { ratio, status: spent.gte(limit.times(warningFrom)) ? 'WARNING' : 'OK' };
}
