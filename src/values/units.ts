import { Big } from 'big.js';
import { ValidationError } from './errors.ts';
import { formatDecimal, amountProblem } from './money.ts';
import { readNamed } from './names.ts';

/** Quantities by the names of units, as exact decimals in plain notation: {"web_searches": "2"}. */
export type Units = Readonly<Record<string, string>>;

const limits = { integerDigits: 12, fractionDigits: 12 };
const written = /^[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?$/;

/**
 * Quantities as given, null for none: strings, or numbers, which are taken as their shortest decimal text. A quantity of
 * zero stays, since it may say something: that none of the cached tokens were audio.
 * @throws {ValidationError} naming the field.
 */
export const readUnits = (given: Readonly<Record<string, unknown>>, field: string): Units | null =>
  readNamed(given, field, (value, name) => {
    if (value === null || value === undefined) return undefined;
    const wrong = (problem: string) => new ValidationError(`'${field}': the quantity of '${name}' ${problem}`, field);
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string' || !written.test(text)) throw wrong('must be a decimal, like "12.5"');
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER)
      throw wrong('must be a string where it is larger than 2^53-1');
    const quantity = new Big(text);
    const problem = amountProblem(quantity, limits);
    if (problem) throw wrong(problem);
    return formatDecimal(quantity);
  });
