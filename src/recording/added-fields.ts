import { Big } from 'big.js';
import { ValidationError } from '../values/errors.ts';
import { freeTextProblem } from '../values/free-text.ts';
import { identifier } from '../values/identifier.ts';
import { amountProblem, type Decimal } from '../values/money.ts';
import type { CostSource, PriceSource } from '../pricing/cost-source.type.ts';
import { maxVoidReasonLength, type Call } from './call.entity.ts';
import type { AddedFields } from './field-groups.ts';
import { checkNotInFuture } from './not-in-future.ts';

/** Parts of a computed cost, by field. */
export const costParts = [
  'inputCostUsd',
  'cachedInputCostUsd',
  'cacheWriteCostUsd',
  'outputCostUsd',
  'unitsCostUsd',
] as const;
type CostPart = (typeof costParts)[number];

export type CheckedAddition = Pick<
  Call,
  | 'costUsd'
  | 'costSource'
  | 'priceId'
  | CostPart
  | 'cacheSavingsUsd'
  | 'unpricedReason'
  | 'voidedAt'
  | 'voidReason'
  | 'voidedBy'
> & {
  recordedAt: Date | null;
  recordedBy: string | null;
  costIsFinal: boolean;
};

/** Digits of a cost that a caller sends. */
const givenCost = { integerDigits: 12, fractionDigits: 24 };

/** Digits of the largest cost that the gateway can compute: its highest price times the most tokens of a call. */
const computedCost = { integerDigits: 15, fractionDigits: 24 };

const pricedAt: Record<CostSource, PriceSource | undefined> = {
  CALLER: undefined,
  TENANT_PRICE: 'TENANT_PRICE',
  PLATFORM_PRICE: 'PLATFORM_PRICE',
  CATALOGUE: 'CATALOGUE',
  UNPRICED: undefined,
};
export const isCostSource = (text: string): text is CostSource => Object.hasOwn(pricedAt, text);
export const costSources = Object.keys(pricedAt).filter(isCostSource);

/**
 * Checks a call's cost and the fields that a gateway added to it. A cost without a source is one that the caller sent.
 * @throws {ValidationError} naming the first field that breaks a rule.
 */
export function checkAddition(costUsd: Decimal | null, added: AddedFields, now: Date): CheckedAddition {
  if (added.recordedAt) checkNotInFuture(added.recordedAt, 'recordedAt', now);
  return {
    recordedAt: added.recordedAt ?? null,
    recordedBy: added.recordedBy === undefined ? null : identifier(added.recordedBy, 'recordedBy'),
    costIsFinal: costUsd !== null || added.costSource !== undefined,
    ...checkCost(costUsd, added),
    ...checkParts(costUsd, added),
    ...checkVoid(added, now),
  };
}

function checkCost(costUsd: Decimal | null, { costSource: given, priceId }: AddedFields) {
  const costSource = given ?? (costUsd === null ? 'UNPRICED' : 'CALLER');
  if (costUsd === null && costSource !== 'UNPRICED')
    throw new ValidationError(`'costUsd' is required when 'costSource' is ${costSource}`, 'costUsd');
  if (costUsd !== null && costSource === 'UNPRICED')
    throw new ValidationError("'costUsd' must be left out when 'costSource' is UNPRICED", 'costUsd');
  const isComputed = pricedAt[costSource] !== undefined;
  const problem = costUsd && amountProblem(costUsd, isComputed ? computedCost : givenCost);
  if (problem) throw new ValidationError(`'costUsd' ${problem}`, 'costUsd');
  if (isComputed && priceId === undefined)
    throw new ValidationError(`'priceId' is required when 'costSource' is ${costSource}`, 'priceId');
  if (!isComputed && priceId !== undefined)
    throw new ValidationError("'priceId' must be left out unless 'costSource' names a price", 'priceId');
  return { costUsd, costSource, priceId: priceId === undefined ? null : identifier(priceId, 'priceId') };
}

/** Parts of a cost that has been computed: as a whole they are what it is. */
function checkParts(costUsd: Decimal | null, added: AddedFields) {
  const parts = costParts.flatMap((field) => {
    const part = added[field];
    const problem = part && amountProblem(part, computedCost);
    if (problem) throw new ValidationError(`'${field}' ${problem}`, field);
    return part ? [part] : [];
  });
  const sum = parts.reduce((sum, part) => sum.plus(part), new Big(0));
  if (parts.length > 0 && !(costUsd && sum.eq(costUsd)))
    throw new ValidationError(
      `${costParts.map((field) => `'${field}'`).join(', ')} must add up to 'costUsd'`,
      'costUsd',
    );
  const { unpricedReason } = added;
  const problem = unpricedReason === undefined ? undefined : freeTextProblem(unpricedReason, maxReasonLength);
  if (problem) throw new ValidationError(`'unpricedReason' ${problem}`, 'unpricedReason');
  if (unpricedReason !== undefined && costUsd !== null)
    throw new ValidationError("'unpricedReason' must be left out where there is a cost", 'unpricedReason');
  return {
    inputCostUsd: unlessZero(added.inputCostUsd),
    cachedInputCostUsd: unlessZero(added.cachedInputCostUsd),
    cacheWriteCostUsd: unlessZero(added.cacheWriteCostUsd),
    outputCostUsd: unlessZero(added.outputCostUsd),
    unitsCostUsd: unlessZero(added.unitsCostUsd),
    cacheSavingsUsd: unlessZero(added.cacheSavingsUsd),
    unpricedReason: unpricedReason ?? null,
  };
}

const maxReasonLength = 1000;

/** An amount as the ledger has it: nothing for zero. */
export const unlessZero = (amount: Decimal | null | undefined): Decimal | null =>
  amount && !amount.eq(0) ? amount : null;

function checkVoid({ voidedAt, voidReason, voidedBy }: AddedFields, now: Date) {
  if (voidedAt === undefined && voidReason === undefined && voidedBy === undefined)
    return { voidedAt: null, voidReason: null, voidedBy: null };
  if (voidedAt === undefined) throw incompleteVoid('voidedAt');
  if (voidReason === undefined) throw incompleteVoid('voidReason');
  if (voidedBy === undefined) throw incompleteVoid('voidedBy');
  checkNotInFuture(voidedAt, 'voidedAt', now);
  const problem = freeTextProblem(voidReason, maxVoidReasonLength);
  if (problem) throw new ValidationError(`'voidReason' ${problem}`, 'voidReason');
  return { voidedAt, voidReason, voidedBy: identifier(voidedBy, 'voidedBy') };
}

const incompleteVoid = (field: keyof AddedFields) =>
  new ValidationError(`'${field}' is required: 'voidedAt', 'voidReason' and 'voidedBy' go together`, field);
