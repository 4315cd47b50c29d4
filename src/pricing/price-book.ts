import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { LRUCache } from 'lru-cache';
import type { TenantId } from '../values/identifier.ts';
import type { Decimal } from '../values/money.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import { costOf, type CostParts } from './cost.ts';
import type { CostSource } from './cost-source.type.ts';
import { modelNames } from './model-names.ts';
import type { ModelPrice } from './model-price.entity.ts';
import { findModelPrices, type PricedModel } from './model-price.repository.ts';
import { ownPrice } from './own-price.ts';
import { isUnpriced, type Price, type Unpriced } from './price.ts';
import { serviceTierName } from './service-tiers.ts';
import type { BilledBesides, TokenCounts } from './token-counts.ts';

/** What the cost of a call depends on. */
export interface Billable extends TokenCounts, BilledBesides {
  /** Undefined for platform prices only. */
  tenantId: TenantId | undefined;
  provider: string;
  model: string;
  occurredAt: Date;
}

/** A cost and the price behind it; all null when there is no price, except for the reason. */
export interface Cost {
  costUsd: Decimal | null;
  costSource: Exclude<CostSource, 'CALLER'>;
  priceId: string | null;
  /** Parts of the cost, which add up to it. */
  costParts: CostParts | null;
  /** What the cached and the written tokens would have cost as ordinary input, less what they did. */
  cacheSavingsUsd: Decimal | null;
  /** What was missing, as a sentence; null when there is a cost. */
  unpricedReason: string | null;
}

/** Loaded with the first call that needs a price, so that starting does not wait for it. */
const loadCatalogue = async (em: SqlEntityManager, version: string | null): Promise<Catalogue> =>
  (await import('./catalogue/current-catalogue.ts')).catalogueOf(em, version);

/** Prices of a model, in the order in which they apply. */
interface Entry extends PricedModel {
  prices: readonly ModelPrice[];
}

/** Cached prices of one revision. */
interface Page {
  revision: number;
  catalogue: Catalogue;
  entries: LRUCache<string, Entry>;
}

const rememberedModels = 10_000;

/**
 * Prices as of a revision of the database, read on first use. Whoever stores a cost must check that the revision is still
 * the same, and otherwise turn the page and price the calls again.
 */
export class PriceBook {
  #page: Page | undefined;

  /** Drops all cached prices, since some have changed. */
  turnPage(): void {
    this.#page = undefined;
  }

  /**
   * The cost of each call, in the order given: at the tenant's own price for the time of the call, else the platform's,
   * else the catalogue's. `revision` is that of the prices; undefined when none was needed.
   */
  async priceAll(
    em: SqlEntityManager,
    calls: readonly Billable[],
  ): Promise<{ revision: number | undefined; costs: Cost[] }> {
    if (calls.length === 0) return { revision: undefined, costs: [] };
    const { revision, catalogue, entries } = await this.#look(em, calls);
    const costs = calls.map((call) => {
      const entry = entries.get(keyOf(call));
      if (!entry) throw new Error('Every model was looked up.');
      const tier = serviceTierName(call.serviceTier);
      const own = ownPrice(entry.prices, call.occurredAt, tier);
      return toCost(call, own ?? catalogue.price(entry.names.catalogue, call.occurredAt, tier));
    });
    return { revision, costs };
  }

  async #look(
    em: SqlEntityManager,
    calls: readonly Billable[],
  ): Promise<Omit<Page, 'entries'> & { entries: ReadonlyMap<string, Entry> }> {
    const page = this.#page;
    const found = new Map<string, Entry>();
    const missing = new Map<string, PricedModel>();
    for (const call of calls) {
      const key = keyOf(call);
      if (found.has(key) || missing.has(key)) continue;
      const entry = page?.entries.get(key);
      if (entry) found.set(key, entry);
      else missing.set(key, { tenantId: call.tenantId, names: modelNames(call.provider, call.model) });
    }
    if (page && missing.size === 0) return { ...page, entries: found };

    const { revision, catalogueVersion, prices } = await findModelPrices(em.fork(), [...missing.values()]);
    if (this.#page?.revision !== revision) {
      const catalogue = await loadCatalogue(em.fork(), catalogueVersion);
      this.#page = { revision, catalogue, entries: new LRUCache<string, Entry>({ max: rememberedModels }) };
    }
    const current = this.#page;
    const mixed = found.size > 0 && page !== current;
    for (const [index, [key, model]] of [...missing].entries()) {
      const entry = { ...model, prices: prices[index] ?? [] };
      current.entries.set(key, entry);
      found.set(key, entry);
    }
    // Prices from an older page may no longer apply.
    return mixed ? this.#look(em, calls) : { ...current, entries: found };
  }
}

// Identifiers have no control characters, so the line feed separates.
const keyOf = ({ tenantId, provider, model }: Billable) => `${tenantId ?? ''}\n${provider}\n${model}`;

function toCost(call: Billable, price: Price | Unpriced): Cost {
  if (isUnpriced(price)) return unpriced(price);
  const cost = costOf(call, price);
  if (isUnpriced(cost)) return unpriced(cost);
  const { costUsd, parts: costParts, cacheSavingsUsd } = cost;
  return { costUsd, costSource: price.source, priceId: price.id, costParts, cacheSavingsUsd, unpricedReason: null };
}

const unpriced = ({ unpricedReason }: Unpriced): Cost => ({
  costUsd: null,
  costSource: 'UNPRICED',
  priceId: null,
  costParts: null,
  cacheSavingsUsd: null,
  unpricedReason,
});
