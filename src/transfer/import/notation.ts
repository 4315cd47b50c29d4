import { ValidationError } from '../../values/errors.ts';
import { isJsonObject, parseSentJson } from '../../values/json.ts';

/** How a format writes values that are not text. Values come from outside and may be of any type. */
export interface Notation {
  isLeftOut(value: unknown): boolean;
  /** @throws {ValidationError} naming the field. */
  count(value: unknown, field: string): number;
  /** @throws {ValidationError} naming the field. */
  object(value: unknown, field: string): Record<string, unknown>;
}

/** CSV cells and constants: everything is text, and an empty text is no value. */
export const textNotation: Notation = {
  isLeftOut: (value) => value === undefined || value === '',
  count(value, field) {
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined;
    if (number === undefined) throw new ValidationError(`'${field}' must be a plain whole number, like 374`, field);
    if (!Number.isSafeInteger(number)) throw new ValidationError(`'${field}' is too large`, field);
    return number;
  },
  object(value, field) {
    const parsed = typeof value === 'string' ? jsonOrUndefined(value) : undefined;
    return jsonNotation.object(parsed, field);
  },
};

/** JSON values, of which null is no value. */
export const jsonNotation: Notation = {
  isLeftOut: (value) => value === undefined || value === null,
  count(value, field) {
    if (typeof value !== 'number') throw new ValidationError(`'${field}' must be a JSON number`, field);
    return value;
  },
  object(value, field) {
    if (!isJsonObject(value)) throw new ValidationError(`'${field}' must be a JSON object`, field);
    return value;
  },
};

function jsonOrUndefined(text: string): unknown {
  try {
    return parseSentJson(text);
  } catch {
    return undefined;
  }
}
