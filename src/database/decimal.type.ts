import { Type } from '@mikro-orm/postgresql';
import { Big } from 'big.js';
import { formatDecimal, type Decimal } from '../values/money.ts';

/** A `numeric` column as an exact decimal. */
export class DecimalType extends Type<Decimal | null, string | null> {
  override convertToDatabaseValue(value: Decimal | null): string | null {
    return value === null || value === undefined ? null : formatDecimal(new Big(value));
  }

  override convertToJSValue(value: string | null): Decimal | null {
    return value === null || value === undefined ? null : new Big(value);
  }

  override getColumnType(): string {
    return 'numeric';
  }
}
