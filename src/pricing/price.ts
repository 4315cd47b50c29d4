import type { Decimal } from '../values/money.ts';
import type { PriceSource } from './cost-source.type.ts';

/** USD per million tokens: `base`, or the rate of the last tier whose bound the call's input tokens exceed. */
export interface Rate {
  base: Decimal;
  /** By `above`, ascending. */
  tiers: readonly { above: number; usdPerMillion: Decimal }[];
}

/** Rates of a price. Without `input` or `output`, calls with such tokens have no price; the others fall back. */
export interface Rates {
  input: Rate | undefined;
  output: Rate | undefined;
  /** Cached input tokens; the input rate when undefined. */
  cachedInput: Rate | undefined;
  /** Input tokens written to a cache; the input rate when undefined. */
  cacheWrite: Rate | undefined;
  /** Reasoning tokens; the output rate when undefined. */
  reasoning: Rate | undefined;
  /** USD for the call itself. */
  perCall: Decimal | undefined;
}

export interface Price {
  source: PriceSource;
  /** Identifies the price on calls. */
  id: string;
  rates: Rates;
}
