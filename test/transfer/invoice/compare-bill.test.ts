import { Big } from 'big.js';
import { describe, expect, it } from 'vitest';
import type { BillLine } from '../../../src/transfer/invoice/bill-line.ts';
import { compareBill, type LedgerSum } from '../../../src/transfer/invoice/compare-bill.ts';
import { modelKey } from '../../../src/transfer/invoice/model-key.ts';

const day = Date.UTC(2026, 2, 1);
const billed = (model: string | undefined, usd: string, roundedBy = '0.01'): BillLine => ({
  dayMs: day,
  model,
  usd: new Big(usd),
  roundedByUsd: new Big(roundedBy),
});
const recorded = (model: string, usd: string, more: Partial<LedgerSum> = {}): LedgerSum => ({
  dayMs: day,
  model,
  calls: 10,
  unpricedCalls: 0,
  tokens: 1000,
  costUsd: new Big(usd),
  unitsUsd: new Big(0),
  ...more,
});
const counted = (model: string, tokens: number) => ({ dayMs: day, model, tokens });

const reasonsOf = (...args: Parameters<typeof compareBill>) =>
  compareBill(...args).map(({ model, differenceUsd, reasons }) => [model, differenceUsd.toFixed(), ...reasons]);

describe('compareBill', () => {
  it('adds up lines of a model, and takes what rounding can make for that', () => {
    const bill = [billed('gpt-4o', '1.50'), billed('gpt-4o', '0.51')];
    expect(reasonsOf(bill, [recorded('gpt-4o', '2.01')])).toEqual([['gpt-4o', '0']]);
    expect(reasonsOf(bill, [recorded('gpt-4o', '1.99')])).toEqual([['gpt-4o', '0.02', { kind: 'ROUNDING' }]]);
    expect(reasonsOf(bill, [recorded('gpt-4o', '1.9899')])).toEqual([
      ['gpt-4o', '0.0201', { kind: 'NOT_RECORDED_OR_PRICE' }],
    ]);
  });

  it('tells calls that are missing on either side', () => {
    expect(reasonsOf([billed('gpt-4o', '1')], [recorded('o3', '2')])).toEqual([
      ['gpt-4o', '1', { kind: 'NOT_RECORDED', tokens: undefined }],
      ['o3', '-2', { kind: 'NOT_BILLED' }],
    ]);
  });

  it('tells missing calls from another price by what the provider counted', () => {
    const bill = [billed('gpt-4o', '3')];
    const ledger = [recorded('gpt-4o', '2')];
    expect(reasonsOf(bill, ledger, [counted('gpt-4o', 1500)])).toEqual([
      ['gpt-4o', '1', { kind: 'NOT_RECORDED', tokens: 500 }],
    ]);
    expect(reasonsOf(bill, ledger, [counted('gpt-4o', 1000)])).toEqual([['gpt-4o', '1', { kind: 'PRICE' }]]);
    expect(reasonsOf([billed('gpt-4o', '1')], ledger)).toEqual([['gpt-4o', '-1', { kind: 'PRICE' }]]);
  });

  it('names calls without a price', () => {
    const ledger = [recorded('gpt-4o', '2'), recorded('gpt-4o', '0', { unpricedCalls: 4, calls: 4 })];
    expect(reasonsOf([billed('gpt-4o', '3')], ledger)).toEqual([['gpt-4o', '1', { kind: 'UNPRICED', calls: 4 }]]);
  });

  it("compares what is billed without a model with the ledger's units", () => {
    const bill = [billed('claude-sonnet-4-5', '1'), billed(undefined, '0.30')];
    const ledger = [recorded('claude-sonnet-4-5', '1.30', { unitsUsd: new Big('0.30') })];
    expect(reasonsOf(bill, ledger)).toEqual([
      ['', '0'],
      ['claude-sonnet-4-5', '0'],
    ]);
  });

  it('compares days where the bill has no models', () => {
    const ledger = [recorded('gpt-4o', '1'), recorded('o3', '2')];
    expect(reasonsOf([billed(undefined, '3')], ledger)).toEqual([['', '0']]);
  });
});

describe('modelKey', () => {
  it.each([
    ['Claude Haiku 4.5', 'claude-haiku-4-5'],
    ['claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
    ['anthropic/claude-haiku-4.5', 'claude-haiku-4-5'],
    ['gpt-4o-2024-08-06', 'gpt-4o'],
    ['chatgpt-4o-latest', 'chatgpt-4o'],
    ['gpt-4o-mini', 'gpt-4o-mini'],
  ])('of %s is %s', (name, key) => {
    expect(modelKey(name)).toBe(key);
  });
});
