import { Big } from 'big.js';
import type { Decimal } from '../../values/money.ts';
import type { BillLine } from './bill-line.ts';
import { modelKey, withoutModel } from './model-key.ts';

/** What the ledger has of a provider's model on a day. */
export interface LedgerSum {
  dayMs: number;
  model: string;
  calls: number;
  /** Calls without a cost. */
  unpricedCalls: number;
  /** Input and output tokens together. */
  tokens: number;
  costUsd: Decimal;
  /** The part of the cost that is for units, such as searches. */
  unitsUsd: Decimal;
}

/** What the provider counted on a day, from its usage export. */
export interface BilledUsage {
  dayMs: number;
  model: string | undefined;
  tokens: number;
}

/** Why a bill and the ledger differ. */
export type Reason =
  | { kind: 'NOT_RECORDED'; tokens: number | undefined }
  | { kind: 'NOT_BILLED' }
  | { kind: 'UNPRICED'; calls: number }
  | { kind: 'PRICE' }
  | { kind: 'NOT_RECORDED_OR_PRICE' }
  | { kind: 'ROUNDING' };

/** A day and a model of a bill and of the ledger; `withoutModel` for what is billed without one. */
export interface Comparison {
  dayMs: number;
  model: string;
  billedUsd: Decimal;
  recordedUsd: Decimal;
  /** What was billed less what is recorded. */
  differenceUsd: Decimal;
  calls: number;
  /** Why they differ, where they do. */
  reasons: readonly Reason[];
}

interface Side {
  billedUsd: Decimal;
  roundedByUsd: Decimal;
  recordedUsd: Decimal;
  isBilled: boolean;
  calls: number;
  unpricedCalls: number;
  tokens: number;
  billedTokens: number | undefined;
}

const zero = new Big(0);
const nothing = (): Side => ({
  billedUsd: zero,
  roundedByUsd: zero,
  recordedUsd: zero,
  isBilled: false,
  calls: 0,
  unpricedCalls: 0,
  tokens: 0,
  billedTokens: undefined,
});

/**
 * Compares a bill with the ledger, by day and model, in that order. Where a bill names no models at all, days are compared;
 * where it has lines without a model beside others, these are compared with the ledger's costs of units.
 * @param usage what the provider counted, which tells calls that are missing from another price.
 */
export function compareBill(
  bill: readonly BillLine[],
  ledger: readonly LedgerSum[],
  usage: readonly BilledUsage[] = [],
): Comparison[] {
  const byModel = bill.some(({ model }) => model !== undefined);
  const unitsApart = byModel && bill.some(({ model }) => model === undefined);
  const sides = new Map<string, Side>();
  const sideOf = (dayMs: number, model: string | undefined) => {
    const key = `${new Date(dayMs).toISOString()} ${byModel ? modelKey(model) : withoutModel}`;
    const side = sides.get(key) ?? nothing();
    sides.set(key, side);
    return side;
  };
  for (const { dayMs, model, usd, roundedByUsd } of bill) {
    const side = sideOf(dayMs, model);
    side.isBilled = true;
    side.billedUsd = side.billedUsd.plus(usd);
    side.roundedByUsd = side.roundedByUsd.plus(roundedByUsd);
  }
  for (const { dayMs, model, calls, unpricedCalls, tokens, costUsd, unitsUsd } of ledger) {
    const side = sideOf(dayMs, model);
    side.calls += calls;
    side.unpricedCalls += unpricedCalls;
    side.tokens += tokens;
    side.recordedUsd = side.recordedUsd.plus(unitsApart ? costUsd.minus(unitsUsd) : costUsd);
    if (!unitsApart || unitsUsd.eq(0)) continue;
    const units = sideOf(dayMs, undefined);
    units.recordedUsd = units.recordedUsd.plus(unitsUsd);
  }
  for (const { dayMs, model, tokens } of usage) {
    const side = sideOf(dayMs, model);
    side.billedTokens = (side.billedTokens ?? 0) + tokens;
  }
  return [...sides]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, side]) => {
      const at = key.indexOf(' ');
      const differenceUsd = side.billedUsd.minus(side.recordedUsd);
      return {
        dayMs: Date.parse(key.slice(0, at)),
        model: key.slice(at + 1),
        billedUsd: side.billedUsd,
        recordedUsd: side.recordedUsd,
        differenceUsd,
        calls: side.calls,
        reasons: reasonsOf(side, differenceUsd),
      };
    });
}

function reasonsOf(side: Side, differenceUsd: Decimal): Reason[] {
  if (differenceUsd.eq(0)) return [];
  if (!side.isBilled) return [{ kind: 'NOT_BILLED' }];
  const missing = side.billedTokens === undefined ? undefined : side.billedTokens - side.tokens;
  if (side.calls === 0 && side.recordedUsd.eq(0)) return [{ kind: 'NOT_RECORDED', tokens: missing }];
  if (differenceUsd.abs().lte(side.roundedByUsd)) return [{ kind: 'ROUNDING' }];
  const unpriced: Reason[] = side.unpricedCalls > 0 ? [{ kind: 'UNPRICED', calls: side.unpricedCalls }] : [];
  if (missing === undefined) {
    if (differenceUsd.lt(0)) return [...unpriced, { kind: 'PRICE' }];
    return unpriced.length > 0 ? unpriced : [{ kind: 'NOT_RECORDED_OR_PRICE' }];
  }
  if (missing > 0) return [{ kind: 'NOT_RECORDED', tokens: missing }, ...unpriced];
  return unpriced.length > 0 ? unpriced : [{ kind: 'PRICE' }];
}
