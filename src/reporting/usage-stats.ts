import { Big } from 'big.js';
import { callCount, type Distribution, type Quantities, type Sum } from '../rollup/measures.ts';
import { partColumn, summaryColumns } from '../rollup/summary-columns.ts';
import { percentilesOf, type Percentiles } from '../rollup/sketch.ts';
import type { Decimal } from '../values/money.ts';
import type { Units } from '../values/units.ts';

/** Summary columns as the driver returns them: counts, sums and money as text, quantities by name. */
export type SummaryRow = Readonly<Record<string, string | number | Buffer | Units | null | undefined>>;

/** A row of which only the loaded columns can be read. Null counts as zero. */
class LoadedRow {
  readonly #row: SummaryRow;
  readonly #loaded: readonly string[];

  constructor(row: SummaryRow, loaded: readonly string[]) {
    this.#row = row;
    this.#loaded = loaded;
  }

  /** Exact text of a number. */
  text(column: string): string {
    const value = this.#read(column) ?? 0;
    if (typeof value === 'object') throw new Error(`Column ${column} is no number.`);
    return String(value);
  }

  /** As it was loaded. */
  value(column: string): SummaryRow[string] {
    return this.#read(column);
  }

  bytes(column: string): Buffer {
    const value = this.#read(column);
    return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
  }

  quantities(column: string): Units {
    const value = this.#read(column);
    return typeof value === 'object' && value !== null && !Buffer.isBuffer(value) ? value : {};
  }

  #read(column: string) {
    if (!this.#loaded.includes(column)) throw new Error(`Column ${column} was not loaded.`);
    return this.#row[column];
  }
}

/** Distribution of a measure over the calls that have it, in the unit of the measure. Zeros without calls. */
export class DistributionStats {
  readonly #row: LoadedRow;
  readonly #of: Distribution;
  #percentiles: Percentiles | undefined;

  constructor(row: LoadedRow, of: Distribution) {
    this.#row = row;
    this.#of = of;
  }

  get total(): bigint {
    return BigInt(this.#row.text(partColumn(this.#of, 'total')));
  }

  get avg(): number {
    const count = Number(this.#row.text(partColumn(this.#of, 'count')));
    return count === 0 ? 0 : Number(this.total) / count;
  }

  get min(): number {
    return Number(this.#row.text(partColumn(this.#of, 'min')));
  }

  get max(): number {
    return Number(this.#row.text(partColumn(this.#of, 'max')));
  }

  get percentiles(): Percentiles {
    this.#percentiles ??= percentilesOf(this.#row.bytes(partColumn(this.#of, 'sketch')), this.min, this.max);
    return this.#percentiles;
  }
}

/** Totals of a set of calls, read from the columns that were loaded. Zeros without calls. */
export class UsageStats {
  readonly #row: LoadedRow;

  constructor(row: SummaryRow, loaded: readonly string[]) {
    this.#row = new LoadedRow(row, loaded);
  }

  /** Number of calls. */
  get calls(): bigint {
    return this.count(callCount);
  }

  count({ column }: Sum): bigint {
    return BigInt(this.#row.text(column));
  }

  usd({ column }: Sum): Decimal {
    return new Big(this.#row.text(column));
  }

  /** Exact quantities by name, in the order of the names. */
  quantities({ column }: Quantities): { unit: string; quantity: Decimal }[] {
    return Object.entries(this.#row.quantities(column))
      .map(([unit, quantity]) => ({ unit, quantity: new Big(quantity) }))
      .filter(({ quantity }) => !quantity.eq(0))
      .toSorted((one, other) => (one.unit < other.unit ? -1 : 1));
  }

  /** A column as it was loaded. */
  column(name: string): SummaryRow[string] {
    return this.#row.value(name);
  }

  /** Exact sum of columns that are numbers. */
  sum(columns: readonly string[]): Decimal {
    return columns.reduce((sum, column) => sum.plus(this.#row.text(column)), new Big(0));
  }

  distribution(of: Distribution): DistributionStats {
    return new DistributionStats(this.#row, of);
  }
}

/** Totals of no calls: every number is zero. */
export const noUsage = new UsageStats(
  {},
  summaryColumns.map(({ name }) => name),
);
