import { Big } from 'big.js';
import type { Decimal } from '../values/money.ts';
import { percentilesOf, type Percentiles } from '../rollup/sketch.ts';
import { summaryColumns, type Measure, type SummaryColumn } from '../rollup/summary-sql.ts';

/** Summary columns as the driver gives them: counts, sums and money as text. */
export type SummaryRow = Partial<Record<SummaryColumn, string | number | Buffer | null>>;

/** Columns of a row, of which only those can be read that were loaded; what is null counts as nothing. */
class LoadedRow {
  readonly #row: SummaryRow;
  readonly #loaded: readonly SummaryColumn[];

  constructor(row: SummaryRow, loaded: readonly SummaryColumn[]) {
    this.#row = row;
    this.#loaded = loaded;
  }

  /** Exact text of a number. */
  text(column: SummaryColumn): string {
    return String(this.#read(column) ?? 0);
  }

  bytes(column: `${Measure}_sketch`): Buffer {
    const value = this.#read(column);
    return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
  }

  #read(column: SummaryColumn) {
    if (!this.#loaded.includes(column)) throw new Error(`${column} was asked for, but not loaded.`);
    return this.#row[column];
  }
}

/** Distribution of a measure over the calls that have it: milliseconds or tokens. Zeros without calls. */
export class Distribution {
  readonly #row: LoadedRow;
  readonly #measure: Measure;
  #percentiles: Percentiles | undefined;

  constructor(row: LoadedRow, measure: Measure) {
    this.#row = row;
    this.#measure = measure;
  }

  get total(): bigint {
    return BigInt(this.#row.text(`${this.#measure}_total`));
  }

  get avg(): number {
    const count = Number(this.#row.text(this.#measure === 'duration' ? 'duration_count' : 'calls'));
    return count === 0 ? 0 : Number(this.total) / count;
  }

  get min(): number {
    return Number(this.#row.text(`${this.#measure}_min`));
  }

  get max(): number {
    return Number(this.#row.text(`${this.#measure}_max`));
  }

  get percentiles(): Percentiles {
    this.#percentiles ??= percentilesOf(this.#row.bytes(`${this.#measure}_sketch`), this.min, this.max);
    return this.#percentiles;
  }
}

/** What a set of calls adds up to, read from the columns that were loaded. Zeros without calls. */
export class UsageStats {
  readonly #row: LoadedRow;

  constructor(row: SummaryRow, loaded: readonly SummaryColumn[]) {
    this.#row = new LoadedRow(row, loaded);
  }

  get callDurationMs(): Distribution {
    return new Distribution(this.#row, 'duration');
  }

  get inputTokens(): Distribution {
    return new Distribution(this.#row, 'input');
  }

  get outputTokens(): Distribution {
    return new Distribution(this.#row, 'output');
  }

  get totalCalls(): bigint {
    return BigInt(this.#row.text('calls'));
  }

  get failedCalls(): bigint {
    return BigInt(this.#row.text('failed_calls'));
  }

  get totalCostUsd(): Decimal {
    return new Big(this.#row.text('cost_usd'));
  }

  get unpricedCalls(): bigint {
    return BigInt(this.#row.text('unpriced_calls'));
  }

  get cachedInputTokens(): bigint {
    return BigInt(this.#row.text('cached_input_tokens'));
  }

  get reasoningTokens(): bigint {
    return BigInt(this.#row.text('reasoning_tokens'));
  }
}

/** Statistics of no calls at all: every number is zero. */
export const noUsage = new UsageStats({}, summaryColumns);
