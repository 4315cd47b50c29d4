import type { Decimal } from '../values/money.ts';
import type { PriceSource } from './cost-source.type.ts';

/** USD for `per` of a unit: `base`, or the rate of the last tier whose bound the call's input tokens exceed. */
export interface Rate {
  base: Decimal;
  /** By `above`, ascending; one without `usd` has no price. */
  tiers: readonly { above: number; usd: Decimal | undefined }[];
  /** How many of the unit the rate is for: a divisor of 9,000,000,000, such as 1,000,000 tokens or 3,600 seconds. */
  per: number;
}

/** What a price bills, by the names of units. The fields of a call are among them: `input_tokens`, `cache_read_tokens`, … */
export interface Rates {
  rates: ReadonlyMap<string, Rate>;
  /** Token units that are billed like all tokens of their direction. Text, tool and reasoning tokens are so anyway. */
  ordinary?: ReadonlySet<string>;
  /** Output units that a call must tell apart, 0 included, since its output tokens have several rates. */
  mustTell?: readonly string[] | undefined;
  /** Units of which a call must have one, since a fee depends on them; without any, the fee is not known. */
  feeUnits?: readonly string[] | undefined;
  /** The most input tokens for which the price is known, where more cost more. */
  maxInputTokens?: number | undefined;
  /** The least quantity that is billed where any is. */
  minimums?: ReadonlyMap<string, Decimal>;
}

export interface Price extends Rates {
  source: PriceSource;
  /** Identifies the price on calls. */
  id: string;
}

/** Why there is no price, as a sentence for people. */
export interface Unpriced {
  unpricedReason: string;
}

export const isUnpriced = (price: object): price is Unpriced => 'unpricedReason' in price;
