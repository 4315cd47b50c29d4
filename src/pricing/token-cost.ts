import { Big } from 'big.js';
import type { Decimal } from '../values/money.ts';
import type { Rate, Rates, Unpriced } from './price.ts';
import type { BilledBesides, TokenCounts } from './token-counts.ts';

/** Quantities of a call that has no units: what each rate of a price bills, by the rate's unit. */
export type PlainLeaves = readonly (readonly [unit: string, quantity: number])[];

/**
 * What the rates of a price bill of a call without units, as most calls are: the same as in general, without looking for
 * units. Undefined for prices that ask more of a call.
 */
export function plainLeaves(call: TokenCounts & BilledBesides, price: Rates): PlainLeaves | undefined {
  const { rates, feeUnits, mustTell } = price;
  if (feeUnits || (mustTell?.length && call.outputTokens > 0)) return undefined;
  if (!rates.has('input_tokens') && !rates.has('output_tokens')) return undefined;
  if (call.units && Object.keys(call.units).length > 0) return undefined;
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = call;
  const hour = call.cacheWrite1hTokens ?? 0;
  const reasoning = rates.has('output_reasoning_tokens') ? reasoningTokens : 0;
  if (hour > cacheWriteTokens || cachedInputTokens + cacheWriteTokens > inputTokens || reasoning > outputTokens)
    return undefined;
  const isFeeDue = rates.has('requests') && !(call.status === 'FAILED' && inputTokens + outputTokens === 0);
  return [
    ['cache_write_1h_tokens', hour],
    ['cache_read_tokens', cachedInputTokens],
    ['cache_write_tokens', cacheWriteTokens - hour],
    ['output_reasoning_tokens', reasoning],
    ['input_tokens', inputTokens - cachedInputTokens - cacheWriteTokens],
    ['output_tokens', outputTokens - reasoning],
    ...(isFeeDue ? [['requests', 1] as const] : []),
  ];
}

const factors = new Map([
  [1_000_000, new Big('0.000001')],
  [1000, new Big('0.001')],
  [1, new Big(1)],
]);

/** USD of a quantity, exactly; undefined for a rate whose USD need not end. */
export function exactUsd(quantity: number, usd: Decimal, { per }: Rate): Decimal | undefined {
  const factor = factors.get(per);
  return factor && usd.times(quantity).times(factor);
}

/** The rate of a tier; undefined where it has no price. */
export function usdAt({ base, tiers }: Rate, inputTokens: number): Decimal | undefined {
  if (tiers.length === 0) return base;
  const tier = tiers.findLast(({ above }) => inputTokens > above);
  return tier ? tier.usd : base;
}

export const noRate = (unit: string): Unpriced => ({ unpricedReason: `The price has no rate for ${unit}.` });

export const noRateInTier = (unit: string): Unpriced => ({
  unpricedReason: `The price has no rate for ${unit} of so many input tokens.`,
});
