import { Big } from 'big.js';
import type { Decimal } from '../values/money.ts';
import type { Rate, Rates } from './price.ts';
import type { TokenCounts } from './token-counts.ts';

const zero = new Big(0);
const perToken = new Big('0.000001');

/**
 * The exact cost of a call in USD: each class of tokens times its rate, in the tier that the input tokens of the whole call
 * fall into. Undefined when the price has no rate for a class of tokens that the call has.
 */
export function costOf(tokens: TokenCounts, rates: Rates): Decimal | undefined {
  const { input, output, cachedInput = input, cacheWrite = input, reasoning = output, perCall } = rates;
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = tokens;
  const parts: readonly (readonly [number, Rate | undefined])[] = [
    [inputTokens - cachedInputTokens - cacheWriteTokens, input],
    [cachedInputTokens, cachedInput],
    [cacheWriteTokens, cacheWrite],
    [outputTokens - reasoningTokens, output],
    [reasoningTokens, reasoning],
  ];
  let millionfold = zero;
  for (const [count, rate] of parts) {
    if (count === 0) continue;
    if (!rate) return undefined;
    millionfold = millionfold.plus(rateAt(rate, inputTokens).times(count));
  }
  const cost = millionfold.times(perToken);
  return perCall ? cost.plus(perCall) : cost;
}

function rateAt({ base, tiers }: Rate, inputTokens: number): Decimal {
  return tiers.findLast((tier) => inputTokens > tier.above)?.usdPerMillion ?? base;
}
