import type { ModelPrice, Provider } from '@pydantic/genai-prices';
import { Big } from 'big.js';
import { LRUCache } from 'lru-cache';
import type { CatalogueName } from '../model-names.ts';
import { isUnpriced, type Price, type Rate, type Unpriced } from '../price.ts';
import { ratesInTier, standardTier } from '../service-tiers.ts';
import { corrected, findEntry, type CatalogueData, type Entry } from './catalogue-data.ts';
import { contextBound, nameAtMaker } from './context-bound.ts';
import { effectivePrice, type EffectivePrice } from './effective-prices.ts';
import { feesByUnit, free, minimums, ordinaryUnits, restDays, sameAsMaker } from './provider-rules.ts';
import { regionProblem } from './region-of-price.ts';
import { toRates } from './to-rates.ts';

/** The entry of a name, and the provider whose it is. */
interface Found {
  provider: Provider;
  entry: Entry;
  /** The name that it was found by. */
  name: string;
  /** Whether the entry is its maker's, for a provider that asks the same. */
  isMakers: boolean;
  /** Its prices, by their place among the entry's and by service tier. */
  prices: Map<string, Price>;
  /** The same model at its maker, once somebody looked; null when there is none. */
  maker?: Found | null;
}

/** A price of the catalogue, and whose it is. */
export interface ListedPrice {
  provider: string;
  model: string;
  price: Price;
}

export interface ListFilter {
  provider?: string | undefined;
  /** In lower case. */
  search?: string | undefined;
  /** Provider and model of the price before the first. */
  after?: readonly string[] | undefined;
}

const maxPricesOfEntry = 100;

const unknown = 'There is no price for the model.';

/** The public prices of models. Source: the package @pydantic/genai-prices, and corrections of it. */
export class Catalogue {
  readonly #id: string;
  readonly #providers: ReadonlyMap<string, Provider & { models: Entry[] }>;
  /** By provider and model, once somebody lists them. */
  #sorted: readonly Found[] | undefined;
  /** Of names that are kept elsewhere, as long as those are. */
  readonly #byName = new WeakMap<CatalogueName, Found | Unpriced>();
  readonly #found = new LRUCache<string, Found | Unpriced>({ max: 10_000 });
  /** Kept apart, so that unknown names do not evict those in use. */
  readonly #unpriced = new LRUCache<string, Unpriced>({ max: 10_000 });

  constructor(data: CatalogueData) {
    this.#id = data.id;
    this.#providers = corrected(data);
  }

  /** The price of a model at an instant in a service tier, or why there is none. */
  price(name: CatalogueName, at: Date, tier: string = standardTier): Price | Unpriced {
    const found = this.#byName.get(name) ?? this.#lookOnce(name);
    return isUnpriced(found) ? found : this.#priceOf(found, at, tier);
  }

  /** Entries with their price at an instant, by provider and model; without those that have none. */
  *list(at: Date, { provider, search, after }: ListFilter): Generator<ListedPrice> {
    const [afterProvider = '', afterModel = ''] = after ?? [];
    this.#sorted ??= sortedEntries(this.#providers);
    for (const found of this.#sorted) {
      const { id } = found.provider;
      const model = found.entry.id;
      if (provider !== undefined && provider !== id) continue;
      if (id < afterProvider || (id === afterProvider && model <= afterModel)) continue;
      if (search !== undefined && !found.name.includes(search)) continue;
      const price = this.#priceOf(found, at, standardTier);
      if (!isUnpriced(price)) yield { provider: id, model, price };
    }
  }

  #lookOnce(name: CatalogueName): Found | Unpriced {
    const key = JSON.stringify([name.provider, name.models[0], name.region, name.isVertex]);
    const known = this.#found.get(key) ?? this.#unpriced.get(key);
    if (known) return known;
    const found = this.#look(name);
    this.#byName.set(name, found);
    if (isUnpriced(found)) this.#unpriced.set(key, found);
    else this.#found.set(key, found);
    return found;
  }

  #look(name: CatalogueName): Found | Unpriced {
    const provider = this.#providers.get(name.provider);
    if (!provider) return { unpricedReason: unknown };
    const own = findModel(provider, name.models);
    const found = own ?? this.#ofMaker(provider, name.models);
    if (!found) return { unpricedReason: unknown };
    if (isUnpriced(found)) return found;
    // What is free on the Gemini API runs on machines of one's own on Vertex.
    if (name.isVertex && Object.keys(found.entry.prices).length === 0) return { unpricedReason: unknown };
    return regionProblem(name, found.entry) ?? found;
  }

  #ofMaker(provider: Provider, models: readonly string[]): Found | Unpriced | undefined {
    for (const id of provider.fallback_model_providers ?? []) {
      const maker = this.#providers.get(id);
      const found = maker && findModel(maker, models);
      if (!found) continue;
      const asksTheSame = sameAsMaker[provider.id]?.some((rule) => rule.maker === id && rule.models.test(found.name));
      if (asksTheSame) return { ...found, isMakers: true, prices: new Map() };
      return { unpricedReason: `There is only the price that ${id} asks for its model, not that of ${provider.id}.` };
    }
    return undefined;
  }

  #atMaker({ provider, name }: Found): Found | undefined {
    const atMaker = nameAtMaker(provider, name);
    const maker = atMaker && this.#providers.get(atMaker.provider);
    return maker && findModel(maker, atMaker.models);
  }

  #priceOf(found: Found, at: Date, tier: string): Price | Unpriced {
    const { provider, entry } = found;
    if (entry.unpricedReason !== undefined) return { unpricedReason: entry.unpricedReason };
    const effective = effectivePrice(entry, at, restDays[provider.id]);
    if (found.maker === undefined) found.maker = this.#atMaker(found) ?? null;
    const makers = found.maker && effectivePrice(found.maker.entry, at, undefined);
    const key = `${effective?.index};${tier};${makers?.index}`;
    const known = found.prices.get(key);
    if (known) return known;
    const price = this.#toPrice(found, effective, tier, makers?.prices);
    // Free models have a price in any tier, and callers may name many.
    if (!isUnpriced(price) && found.prices.size < maxPricesOfEntry) found.prices.set(key, price);
    return price;
  }

  #toPrice(
    { provider, entry, name, isMakers }: Found,
    effective: EffectivePrice | undefined,
    tier: string,
    makersPrices: ModelPrice | undefined,
  ): Price | Unpriced {
    const rates = effective && toRates(effective.prices);
    if (!effective || !rates) return { unpricedReason: unknown };
    const id = `${this.#id}/${provider.id}/${entry.id}${effective.isOnlyOne ? '' : `#${effective.index}`}`;
    if (rates.size === 0) {
      if (!applies(free, provider, name) && !name.endsWith(':free')) return { unpricedReason: unknown };
      return { source: 'CATALOGUE', id, rates: new Map(freeRates) };
    }
    const ofTier = tier === standardTier ? rates : isMakers ? undefined : ratesInTier(provider.id, name, tier, rates);
    if (!ofTier) return { unpricedReason: `There is no price for the service tier ${tier}.` };
    return {
      source: 'CATALOGUE',
      id: [id, ...(entry.isCorrected ? ['corrected'] : []), ...(tier === standardTier ? [] : [tier])].join(';'),
      maxInputTokens: contextBound(provider, name, effective.prices, makersPrices),
      rates: isMakers ? ofTokens(ofTier) : ofTier,
      ordinary: new Set(
        tier === standardTier ? ordinaryUnits.filter(isFor(provider, name)).flatMap(({ units }) => units) : [],
      ),
      mustTell: [...ofTier.keys()].filter((unit) => /^output_(audio|image|video)_tokens$/.test(unit)),
      feeUnits: feesByUnit.find(isFor(provider, name))?.units,
      minimums: new Map(
        minimums
          .filter(isFor(provider, name))
          .flatMap(({ seconds }) => ['audio_seconds', 'input_audio_seconds'].map((unit) => [unit, new Big(seconds)])),
      ),
    };
  }
}

/** Every entry that is found by its own id. */
function sortedEntries(providers: ReadonlyMap<string, Provider & { models: Entry[] }>): Found[] {
  const byId = ({ id: a }: { id: string }, { id: b }: { id: string }) => (a < b ? -1 : a > b ? 1 : 0);
  return [...providers.values()].toSorted(byId).flatMap((provider) => {
    // Of entries with the same id the first one holds.
    const entries = new Map(provider.models.toReversed().map((entry) => [entry.id, entry]));
    return [...entries.values()].toSorted(byId).map((entry) => ({
      provider,
      entry,
      name: entry.id.toLowerCase(),
      isMakers: false,
      prices: new Map<string, Price>(),
    }));
  });
}

const isFor =
  (provider: Provider, name: string) =>
  (rule: { provider: string; models: RegExp }): boolean =>
    rule.provider === provider.id && rule.models.test(name);

const applies = (rules: readonly { provider: string; models: RegExp }[], provider: Provider, name: string) =>
  rules.some(isFor(provider, name));

function findModel(provider: Provider & { models: Entry[] }, models: readonly string[]): Found | undefined {
  for (const name of models) {
    const entry = findEntry(provider.models, name);
    if (entry) return { provider, entry, name, isMakers: false, prices: new Map() };
    if (applies(free, provider, name))
      return {
        provider,
        entry: { id: name, match: { equals: name }, prices: {} },
        name,
        isMakers: false,
        prices: new Map(),
      };
  }
  return undefined;
}

const nothing: Rate = { base: new Big(0), tiers: [], per: 1_000_000 };
const freeRates = ['input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens'].map(
  (unit) => [unit, nothing] as const,
);

/** Fees of tools are the provider's own, not the maker's. */
const ofTokens = (rates: ReadonlyMap<string, Rate>) => new Map([...rates].filter(([unit]) => unit.endsWith('_tokens')));
