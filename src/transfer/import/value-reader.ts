import { Big } from 'big.js';
import { ValidationError } from '../../values/errors.ts';
import { InexactNumber } from '../../values/json.ts';
import type { Decimal } from '../../values/money.ts';
import type { CostSource } from '../../pricing/cost-source.type.ts';
import { costSources, isCostSource } from '../../recording/added-fields.ts';
import type { CallStatus } from '../../recording/call.entity.ts';
import type { ValueReader } from '../../recording/field-kinds.ts';
import { objectOf } from './value-at.ts';

export type TimeReader = (text: string, field: string) => Date;

const digits = /^\d{1,15}$/;
const decimal = /^[+-]?\d{1,40}(\.\d{0,40})?([eE][+-]?\d{1,2})?$/;

/** How other systems write the outcome of a call. */
const statuses: Readonly<Record<string, CallStatus>> = {
  success: 'SUCCESS',
  succeeded: 'SUCCESS',
  ok: 'SUCCESS',
  failed: 'FAILED',
  failure: 'FAILED',
  error: 'FAILED',
};

/**
 * Reads the values of a file, whose numbers may be text and whose texts may be numbers: what can be read without doubt is
 * taken. Each method throws a ValidationError that names the field.
 */
export class FileValueReader implements ValueReader {
  readonly #time: TimeReader;

  constructor(time: TimeReader) {
    this.#time = time;
  }

  text(value: unknown, field: string): string {
    if (typeof value === 'number') return String(value);
    if (value instanceof InexactNumber) return value.source;
    if (typeof value !== 'string') throw new ValidationError(`'${field}' must be a string`, field);
    return value;
  }

  count(value: unknown, field: string): number {
    if (typeof value === 'string' && digits.test(value)) return Number(value);
    const number = decimalOf(value);
    if (!number || !number.eq(number.round()))
      throw new ValidationError(`'${field}' must be a whole number, like 374`, field);
    return number.toNumber();
  }

  milliseconds(value: unknown, field: string): number {
    const number = decimalOf(value);
    if (!number) throw new ValidationError(`'${field}' must be a number of milliseconds, like 374 or 374.5`, field);
    return Math.round(number.toNumber());
  }

  time(value: unknown, field: string): Date {
    return this.#time(this.text(value, field), field);
  }

  usd(value: unknown, field: string): Decimal {
    const amount = decimalOf(value);
    if (!amount) throw new ValidationError(`'${field}' must be a decimal, like 0.0042175`, field);
    return amount;
  }

  object(value: unknown, field: string): Record<string, unknown> {
    const object = objectOf(value);
    if (!object) throw new ValidationError(`'${field}' must be a JSON object`, field);
    return object;
  }

  status(value: unknown, field: string): CallStatus {
    const status = typeof value === 'string' ? statuses[value.toLowerCase()] : undefined;
    if (!status) throw new ValidationError(`'${field}' must be SUCCESS or FAILED`, field);
    return status;
  }

  costSource(value: unknown, field: string): CostSource {
    if (typeof value !== 'string' || !isCostSource(value))
      throw new ValidationError(`'${field}' must be one of ${costSources.join(', ')}`, field);
    return value;
  }
}

/**
 * The number that was written, exactly. A JSON number is taken as its shortest text, which is what was written in nearly
 * every case.
 */
export function decimalOf(value: unknown): Decimal | undefined {
  const text = typeof value === 'number' ? String(value) : value instanceof InexactNumber ? value.source : value;
  return typeof text === 'string' && decimal.test(text) ? new Big(text.replace(/\.(?=$|[eE])/, '')) : undefined;
}
