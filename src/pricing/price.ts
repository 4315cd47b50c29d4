import type { Decimal } from '../values/money.ts';
import type { PriceSource } from './cost-source.type.ts';

/** USD per million tokens: `base`, or that of the last tier whose bound the input tokens of the call exceed. */
export interface Rate {
  base: Decimal;
  /** By `above`, ascending. */
  tiers: readonly { above: number; usdPerMillion: Decimal }[];
}

/** A rate that is undefined was not given: the first two then price no call with such tokens, the others fall back. */
export interface Rates {
  input: Rate | undefined;
  output: Rate | undefined;
  /** Cached input tokens; at the input's rate when undefined. */
  cachedInput: Rate | undefined;
  /** Input tokens written to a cache; at the input's rate when undefined. */
  cacheWrite: Rate | undefined;
  /** Output tokens spent on reasoning; at the output's rate when undefined. */
  reasoning: Rate | undefined;
  /** USD for the call itself. */
  perCall: Decimal | undefined;
}

export interface Price {
  source: PriceSource;
  /** Which price it is, to find it again. */
  id: string;
  rates: Rates;
}
