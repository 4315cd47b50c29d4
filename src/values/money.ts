import { Big } from 'big.js';

/**
 * Exact decimal for money: additions and multiplications never round (big.js), `numeric` in SQL, a string on the wire.
 */
export type Decimal = Big;

/** The most digits that a given amount may have before and after the point. */
export const maxIntegerDigits = 12;
export const maxFractionDigits = 18;

const plainNotation = /^-?\d{1,40}(\.\d{1,40})?$/;

/** Reads plain notation ("12.50"); undefined for anything else, such as exponents or blanks. */
export function parseDecimal(text: string): Decimal | undefined {
  return plainNotation.test(text) ? new Big(text) : undefined;
}

/** Plain notation without trailing zeros: "0.0001", "12.5", "0". */
export function formatDecimal(value: Decimal): string {
  return value.toFixed();
}

/** The number of digits that an amount needs after the point. */
const fractionDigits = (value: Decimal): number => Math.max(0, value.c.length - 1 - value.e);

const given = { integerDigits: maxIntegerDigits, fractionDigits: maxFractionDigits };

/**
 * What is wrong with an amount of USD or of anything else, if anything: it must not be negative, and must be below 10^12
 * with at most 18 decimals unless other limits are given.
 */
export function amountProblem(value: Decimal, limits: typeof given = given): string | undefined {
  if (value.lt(0)) return 'must not be negative';
  if (value.gte(new Big(10).pow(limits.integerDigits))) return `must be below 10^${limits.integerDigits}`;
  if (fractionDigits(value) > limits.fractionDigits) return `must have at most ${limits.fractionDigits} decimals`;
  return undefined;
}
