import { Big } from 'big.js';
import type { Decimal } from '../values/money.ts';
import { leavesOf } from './billed-quantities.ts';
import { isUnpriced, type Rate, type Rates, type Unpriced } from './price.ts';
import { exactUsd, noRate, noRateInTier, plainLeaves, usdAt } from './token-cost.ts';
import type { BilledBesides, TokenCounts } from './token-counts.ts';

/** The parts of a call's cost in USD, which add up to it. */
export interface CostParts {
  inputUsd: Decimal;
  cachedInputUsd: Decimal;
  cacheWriteUsd: Decimal;
  outputUsd: Decimal;
  /** Whatever has a rate of its own as a unit. */
  unitsUsd: Decimal;
}

export interface CallCost {
  costUsd: Decimal;
  parts: CostParts;
  /** What the cached and the written tokens would have cost as ordinary input, less what they did. */
  cacheSavingsUsd: Decimal;
}

/** A multiple of everything that a rate may be for, so that a part is a sum of whole multiples, divided once. */
const denominator = 9_000_000_000;

/** Decimal places of a part of a cost. */
const places = 24;
const roundHalfEven = 2;

/** Divides once per part; its results are converted back. */
const Rounded = Big();
Rounded.DP = places;
Rounded.RM = roundHalfEven;

const zero = new Big(0);

const partOfUnit: Readonly<Record<string, keyof CostParts>> = {
  input_tokens: 'inputUsd',
  cache_read_tokens: 'cachedInputUsd',
  cache_write_tokens: 'cacheWriteUsd',
  cache_write_1h_tokens: 'cacheWriteUsd',
  output_tokens: 'outputUsd',
  output_reasoning_tokens: 'outputUsd',
};

const isOfCache = (part: keyof CostParts) => part === 'cachedInputUsd' || part === 'cacheWriteUsd';

/**
 * The cost of a call: each quantity times its rate, in the tier that the input tokens of the whole call fall into. Exact,
 * except that each part is rounded half-even to 24 decimals where a rate does not end before. Unpriced when the price has no
 * rate for something that the call has: nothing is billed as something else.
 */
export function costOf(call: TokenCounts & BilledBesides, price: Rates): CallCost | Unpriced {
  if (price.maxInputTokens !== undefined && call.inputTokens > price.maxInputTokens)
    return { unpricedReason: `There is no price for calls with more than ${price.maxInputTokens} input tokens.` };
  if (call.isSum && dependsOnEachRequest(price, call))
    return { unpricedReason: 'The call is the sum of several requests, and its price depends on each of them.' };
  return costWithoutUnits(call, price) ?? costInGeneral(call, price);
}

/** Whether the cost of a sum may be another than the sum of the costs: a tier, a fee or a minimum is by request. */
const dependsOnEachRequest = (
  { rates, minimums }: Rates,
  { inputTokens, units }: TokenCounts & BilledBesides,
): boolean =>
  rates.has('requests') ||
  Object.keys(units ?? {}).some((unit) => minimums?.has(unit)) ||
  [...rates.values()].some(({ tiers }) => tiers.some(({ above }) => above < inputTokens));

/** The cost of a call that has no units, at rates that end: undefined for others. */
function costWithoutUnits(call: TokenCounts & BilledBesides, price: Rates): CallCost | Unpriced | undefined {
  const leaves = plainLeaves(call, price);
  if (!leaves) return undefined;
  const parts = { inputUsd: zero, cachedInputUsd: zero, cacheWriteUsd: zero, outputUsd: zero, unitsUsd: zero };
  const inputRate = price.rates.get('input_tokens');
  const ordinary = inputRate && usdAt(inputRate, call.inputTokens);
  let costUsd = zero;
  let cacheSavingsUsd = zero;
  for (const [unit, quantity] of leaves) {
    if (quantity === 0) continue;
    const rate = price.rates.get(unit);
    if (!rate) return noRate(unit);
    const usd = usdAt(rate, call.inputTokens);
    if (!usd) return noRateInTier(unit);
    const cost = exactUsd(quantity, usd, rate);
    // More decimals than a part has are rounded in general.
    if (!cost || cost.c.length - 1 - cost.e > places) return undefined;
    const part = partOfUnit[unit] ?? 'unitsUsd';
    parts[part] = parts[part].plus(cost);
    costUsd = costUsd.plus(cost);
    if (!inputRate || !ordinary || !isOfCache(part)) continue;
    const asInput = exactUsd(quantity, ordinary, inputRate);
    if (!asInput) return undefined;
    cacheSavingsUsd = cacheSavingsUsd.plus(asInput).minus(cost);
  }
  return { costUsd, parts, cacheSavingsUsd };
}

/** The cost of any call at any rates. */
export function costInGeneral(call: TokenCounts & BilledBesides, price: Rates): CallCost | Unpriced {
  const leaves = leavesOf(call, price);
  if (isUnpriced(leaves)) return leaves;
  const sums = { inputUsd: zero, cachedInputUsd: zero, cacheWriteUsd: zero, outputUsd: zero, unitsUsd: zero };
  let asInput = zero;
  const inputRate = price.rates.get('input_tokens');
  for (const [unit, quantity] of leaves) {
    if (quantity.eq(0)) continue;
    const rate = price.rates.get(unit);
    if (!rate) return noRate(unit);
    const cost = multiple(quantity, rate, call.inputTokens);
    if (!cost) return noRateInTier(unit);
    const part = partOfUnit[unit] ?? 'unitsUsd';
    sums[part] = sums[part].plus(cost);
    if (inputRate && isOfCache(part)) asInput = asInput.plus(multiple(quantity, inputRate, call.inputTokens) ?? zero);
  }
  const parts = {
    inputUsd: toUsd(sums.inputUsd),
    cachedInputUsd: toUsd(sums.cachedInputUsd),
    cacheWriteUsd: toUsd(sums.cacheWriteUsd),
    outputUsd: toUsd(sums.outputUsd),
    unitsUsd: toUsd(sums.unitsUsd),
  };
  const costUsd = Object.values(parts).reduce((sum, part) => sum.plus(part));
  const cacheSavingsUsd = inputRate ? toUsd(asInput).minus(parts.cachedInputUsd).minus(parts.cacheWriteUsd) : zero;
  return { costUsd, parts, cacheSavingsUsd };
}

function multiple(quantity: Decimal, rate: Rate, inputTokens: number): Decimal | undefined {
  return usdAt(rate, inputTokens)
    ?.times(quantity)
    .times(denominator / rate.per);
}

/** USD of a rate for one of its unit, rounded like a part of a cost. */
export const usdPerUnit = ({ base, per }: Rate): Decimal => toUsd(base.times(denominator / per));

function toUsd(multiples: Decimal): Decimal {
  if (multiples.eq(0)) return zero;
  return new Big(new Rounded(multiples.toFixed()).div(denominator).toFixed());
}
