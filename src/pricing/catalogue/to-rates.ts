import { Big } from 'big.js';
import type { ModelPrice } from '@pydantic/genai-prices';
import type { Rate } from '../price.ts';

/** What the catalogue's names of rates end with, what their units end with instead, and how many of it a rate is for. */
const suffixes: readonly (readonly [price: string, unit: string, per: number])[] = [
  ['_mtok', '_tokens', 1_000_000],
  ['_kcount', '', 1000],
  ['_hours', '_seconds', 3600],
  ['_kpages', '_pages', 1000],
  ['_mchars', '_characters', 1_000_000],
  ['_gpixels', '_pixels', 1_000_000_000],
];

/** The unit that a rate of the catalogue is for, such as `input_audio_tokens` of "input_audio_mtok". */
export function unitOfRate(key: string): { unit: string; per: number } | undefined {
  for (const [ending, unitEnding, per] of suffixes)
    if (key.endsWith(ending)) return { unit: key.slice(0, -ending.length) + unitEnding, per };
  return undefined;
}

/** The rates of a price by unit; undefined when it has one that is not understood. */
export function toRates(prices: ModelPrice): Map<string, Rate> | undefined {
  const rates = new Map<string, Rate>();
  for (const [key, price] of Object.entries(prices)) {
    if (price === undefined) continue;
    const of = unitOfRate(key);
    if (!of) return undefined;
    rates.set(of.unit, toRate(price, of.per));
  }
  return rates;
}

function toRate(price: NonNullable<ModelPrice[string]>, per: number): Rate {
  if (typeof price === 'number') return { base: exactly(price), tiers: [], per };
  const tiers = price.tiers.map(({ start, price: usd }) => ({ above: start, usd: exactly(usd) }));
  return { base: exactly(price.base), tiers: tiers.toSorted((a, b) => a.above - b.above), per };
}

/** The package has rates as JSON numbers; their shortest decimal form is what its authors wrote. */
const exactly = (rate: number) => new Big(String(rate));
