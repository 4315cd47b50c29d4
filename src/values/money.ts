import { Big } from 'big.js';

/**
 * Exact decimal for money: additions and multiplications never round (big.js), `numeric` in SQL, a string on the wire.
 */
export type Decimal = Big;

/** Most digits a given amount may have before and after the point. */
export const maxIntegerDigits = 12;
export const maxFractionDigits = 18;

const plainNotation = /^-?\d{1,40}(\.\d{1,40})?$/;

/** Reads plain notation ("12.50"); exponents, blanks and everything else give undefined. */
export function parseDecimal(text: string): Decimal | undefined {
  return plainNotation.test(text) ? new Big(text) : undefined;
}

/** Plain notation without trailing zeros: "0.0001", "12.5", "0". */
export function formatDecimal(value: Decimal): string {
  return value.toFixed();
}

/** How many digits an amount needs behind the point. */
const fractionDigits = (value: Decimal): number => Math.max(0, value.c.length - 1 - value.e);

const given = { integerDigits: maxIntegerDigits, fractionDigits: maxFractionDigits };

/**
 * Says what is wrong with an amount of USD, or nothing: not negative, and below 10^12 with at most 18 decimals unless
 * other limits are named.
 */
export function usdProblem(value: Decimal, limits: typeof given = given): string | undefined {
  if (value.lt(0)) return 'must not be negative';
  if (value.gte(new Big(10).pow(limits.integerDigits))) return `must be below 10^${limits.integerDigits}`;
  if (fractionDigits(value) > limits.fractionDigits) return `must have at most ${limits.fractionDigits} decimals`;
  return undefined;
}
