import { Big } from 'big.js';
import { describe, expect, it } from 'vitest';
import { budgetState } from '../../src/budgets/budget-state.ts';

const state = (limit: string, current: string) => budgetState(new Big(limit), new Big(current));

describe('a budget', () => {
  it.each([
    ['10', '0', 0, 'OK'],
    ['10', '7.999999999999999999999999999999', 0.8, 'OK'],
    ['10', '8', 0.8, 'WARNING'],
    ['0.1', '0.08', 0.8, 'WARNING'],
    ['0.000000000000000001', '0.0000000000000000008', 0.8, 'WARNING'],
    ['10', '9.999999999999999999999999999999', 1, 'WARNING'],
    ['10', '10', 1, 'EXCEEDED'],
    ['0.3', '0.3', 1, 'EXCEEDED'],
    ['4', '10', 2.5, 'EXCEEDED'],
  ])('of %s of which %s is spent stands at %d and %s', (limit, current, ratio, status) => {
    expect(state(limit, current)).toEqual({ ratio, status });
  });

  it.each(['0', '-1'])('of %s is never an alert', (limit) => {
    expect(state(limit, '1000')).toEqual({ ratio: 0, status: 'OK' });
    expect(state(limit, '0')).toEqual({ ratio: 0, status: 'OK' });
  });
});
