import { ValidationError } from '../../values/errors.ts';
import { parseDecimal, type Decimal } from '../../values/money.ts';
import type { CostSource } from '../../pricing/cost-source.type.ts';
import { costSources, isCostSource } from '../../recording/added-fields.ts';
import type { CallStatus } from '../../recording/call.entity.ts';
import type { ValueReader } from '../../recording/field-kinds.ts';
import type { Notation } from './notation.ts';

export type TimeReader = (text: string, field: string) => Date;

/** Reads the values of a file in its notation. Each method throws a ValidationError that names the field. */
export class FileValueReader implements ValueReader {
  readonly #notation: Notation;
  readonly #time: TimeReader;

  constructor(notation: Notation, time: TimeReader) {
    this.#notation = notation;
    this.#time = time;
  }

  text(value: unknown, field: string): string {
    if (typeof value !== 'string') throw new ValidationError(`'${field}' must be a string`, field);
    return value;
  }

  count(value: unknown, field: string): number {
    return this.#notation.count(value, field);
  }

  milliseconds(value: unknown, field: string): number {
    const text = typeof value === 'number' ? String(value) : this.text(value, field);
    if (!/^\d{1,16}(\.\d{1,20})?$/.test(text))
      throw new ValidationError(`'${field}' must be a number of milliseconds, like 374 or 374.5`, field);
    return Math.round(Number(text));
  }

  time(value: unknown, field: string): Date {
    return this.#time(this.text(value, field), field);
  }

  usd(value: unknown, field: string): Decimal {
    if (typeof value === 'number')
      throw new ValidationError(
        `'${field}' must be a string like "0.0042175": a JSON number is a float and may be inexact`,
        field,
      );
    const amount = parseDecimal(this.text(value, field));
    if (!amount) throw new ValidationError(`'${field}' must be a decimal in plain notation, like 0.0042175`, field);
    return amount;
  }

  object(value: unknown, field: string): Record<string, unknown> {
    return this.#notation.object(value, field);
  }

  status(value: unknown, field: string): CallStatus {
    if (value !== 'SUCCESS' && value !== 'FAILED')
      throw new ValidationError(`'${field}' must be SUCCESS or FAILED`, field);
    return value;
  }

  costSource(value: unknown, field: string): CostSource {
    if (typeof value !== 'string' || !isCostSource(value))
      throw new ValidationError(`'${field}' must be one of ${costSources.join(', ')}`, field);
    return value;
  }
}
