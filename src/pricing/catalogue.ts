import { calcPrice, findProvider, type PriceCalculation, type Provider } from '@pydantic/genai-prices';
import { Big } from 'big.js';
import { LRUCache } from 'lru-cache';
import type { ModelNames } from './model-names.ts';
import type { Price, Rate, Rates } from './price.ts';

/** Version of the package. It is part of a price's id, since another version may have another price. */
const version = '0.1.8';

type CatalogueRate = PriceCalculation['model_price'][string];
type CatalogueModel = PriceCalculation['model'];

/** What the catalogue has for a name: one price, or a provider to ask for the price at an instant. */
type Entry = { price: Price } | { provider: Provider; name: string };

const entries = new LRUCache<string, Entry>({ max: 10_000 });
/** Kept apart, so that unknown names do not evict those in use. */
const unknownNames = new LRUCache<string, true>({ max: 10_000 });

/** The public price of a model at an instant, if there is one. Source: the package @pydantic/genai-prices. */
export function cataloguePrice(names: ModelNames, at: Date): Price | undefined {
  const key = JSON.stringify([names.provider, names.models[0]]);
  const entry = entries.get(key) ?? lookOnce(key, names);
  if (!entry) return undefined;
  return 'price' in entry ? entry.price : datedPrice(entry, at);
}

function lookOnce(key: string, names: ModelNames): Entry | undefined {
  if (unknownNames.has(key)) return undefined;
  const entry = look(names);
  if (entry) entries.set(key, entry);
  else unknownNames.set(key, true);
  return entry;
}

function look({ provider: id, models }: ModelNames): Entry | undefined {
  // By id only: the package also matches names that contain one, such as "my-openai-proxy" for OpenAI.
  const provider = findProvider({ providerId: id });
  if (provider?.id !== id) return undefined;
  for (const name of models) {
    const found = calcPrice({}, name, { providerId: id });
    // Some are priced by the second or the page, which a call does not have.
    const price = found && toPrice(found);
    if (!price || !saysAnything(price.rates)) continue;
    if (!Array.isArray(found.model.prices)) return { price };
    // Only this model instead of hundreds: its prices depend on the instant and are looked up each time.
    return { provider: { ...found.provider, models: [found.model] }, name };
  }
  return undefined;
}

function datedPrice({ provider, name }: { provider: Provider; name: string }, at: Date): Price | undefined {
  const found = calcPrice({}, name, { provider, timestamp: at });
  return found ? toPrice(found) : undefined;
}

function toPrice({ provider, model, model_price: rates }: PriceCalculation): Price {
  return { source: 'CATALOGUE', id: entryId(provider, model, rates), rates: toRates(rates) };
}

/** "genai-prices@0.1.8/openai/o3", followed by "#1" for the second of several dated prices. */
function entryId(provider: Provider, model: CatalogueModel, rates: PriceCalculation['model_price']): string {
  const index = Array.isArray(model.prices) ? model.prices.findIndex(({ prices }) => prices === rates) : -1;
  return `genai-prices@${version}/${provider.id}/${model.id}${index === -1 ? '' : `#${index}`}`;
}

const saysAnything = ({ input, output, perCall }: Rates) =>
  input !== undefined || output !== undefined || perCall !== undefined;

function toRates(prices: PriceCalculation['model_price']): Rates {
  const perThousandCalls = prices['requests_kcount'];
  return {
    input: toRate(prices['input_mtok']),
    output: toRate(prices['output_mtok']),
    cachedInput: toRate(prices['cache_read_mtok']),
    cacheWrite: toRate(prices['cache_write_mtok']),
    reasoning: toRate(prices['output_reasoning_mtok']),
    perCall: typeof perThousandCalls === 'number' ? exactly(perThousandCalls).times('0.001') : undefined,
  };
}

function toRate(rate: CatalogueRate): Rate | undefined {
  if (rate === undefined) return undefined;
  if (typeof rate === 'number') return { base: exactly(rate), tiers: [] };
  const tiers = rate.tiers.map(({ start, price }) => ({ above: start, usdPerMillion: exactly(price) }));
  return { base: exactly(rate.base), tiers: tiers.toSorted((a, b) => a.above - b.above) };
}

/** The package has rates as JSON numbers; their shortest decimal form is what its authors wrote. */
const exactly = (rate: number) => new Big(String(rate));
