import { Big } from 'big.js';
import type { Decimal } from '../values/money.ts';
import type { Rate, Rates } from './price.ts';
import type { TokenCounts } from './token-counts.ts';

const zero = new Big(0);
const perToken = new Big('0.000001');

/**
 * What a call costs in USD, exactly: each class of tokens times its own rate, which is that of the tier in which all
 * input tokens of the call lie. Undefined when the price says nothing about tokens that the call has.
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
