import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../platform/identifier.ts';
import type { Decimal } from '../platform/money.ts';
import { costOf } from './cost.ts';
import type { CostSource, PriceSource } from './cost-source.type.ts';
import { modelNames, type ModelNames } from './model-names.ts';
import type { ModelPrice } from './model-price.entity.ts';
import { findModelPrices } from './model-price.repository.ts';
import type { Price, Rate } from './price.ts';
import type { TokenCounts } from './token-counts.ts';

/** A call as far as its cost goes. */
export interface Billable extends TokenCounts {
  /** Undefined where no tenant's own price is meant. */
  tenantId: TenantId | undefined;
  provider: string;
  model: string;
  occurredAt: Date;
}

/** A cost with the price that it was computed with; both null when there is none. */
export interface Cost {
  costUsd: Decimal | null;
  costSource: Exclude<CostSource, 'CALLER'>;
  priceId: string | null;
}

/** Loaded with the first call that needs a price: no start waits for it. */
const loadCatalogue = async () => (await import('./catalogue.ts')).cataloguePrice;

const unpriced: Cost = { costUsd: null, costSource: 'UNPRICED', priceId: null };

/**
 * What calls cost, in the order given: at the tenant's own price for the time of the call, else the platform's, else the
 * catalogue's. All prices are read in one statement; one that was committed before counts.
 */
export async function priceAll(em: SqlEntityManager, calls: readonly Billable[]): Promise<Cost[]> {
  if (calls.length === 0) return [];
  const named = calls.map((call) => ({ call, names: namesOf(call) }));
  const tenantIds = new Set(calls.flatMap(({ tenantId }) => tenantId ?? []));
  const rows = await findModelPrices(em, [...tenantIds], [...new Set(named.map(({ names }) => names))]);
  const inCatalogue = await loadCatalogue();
  const own = Map.groupBy(rows, (row) => keyOf(row.tenantId ?? undefined, row.providerKey, row.modelKey));
  return named.map(({ call, names }) => cost(call, findPrice(call, names, own) ?? inCatalogue(names, call.occurredAt)));
}

/** Of the few models that a gateway sees again and again; equal names are one object. */
const remembered = new Map<string, ModelNames>();
const rememberedNames = 10_000;

function namesOf({ provider, model }: Billable): ModelNames {
  const key = `${provider}\n${model}`;
  let names = remembered.get(key);
  if (!names) {
    names = modelNames(provider, model);
    if (remembered.size >= rememberedNames) remembered.clear();
    remembered.set(key, names);
  }
  return names;
}

// No identifier has a control character.
const keyOf = (tenantId: TenantId | undefined, provider: string, model: string) =>
  `${tenantId ?? ''}\n${provider}\n${model}`;

function findPrice(call: Billable, names: ModelNames, own: ReadonlyMap<string, ModelPrice[]>): Price | undefined {
  for (const tenantId of own.size > 0 ? [call.tenantId, undefined] : [])
    for (const model of names.models) {
      const row = own.get(keyOf(tenantId, names.provider, model))?.find((price) => holdsAt(price, call.occurredAt));
      if (row) return toPrice(row);
    }
  return undefined;
}

const holdsAt = ({ effectiveFrom, effectiveTo }: ModelPrice, at: Date) =>
  effectiveFrom <= at && (!effectiveTo || at < effectiveTo);

function cost(call: Billable, price: Price | undefined): Cost {
  const costUsd = price && costOf(call, price.rates);
  return price && costUsd ? { costUsd, costSource: price.source, priceId: price.id } : unpriced;
}

export const sourceOf = ({ tenantId }: { tenantId?: TenantId | null }): PriceSource =>
  tenantId ? 'TENANT_PRICE' : 'PLATFORM_PRICE';

function toPrice(row: ModelPrice): Price {
  return {
    source: sourceOf(row),
    id: row.id,
    rates: {
      input: flat(row.inputUsdPerMillion),
      output: flat(row.outputUsdPerMillion),
      cachedInput: flat(row.cachedInputUsdPerMillion),
      cacheWrite: flat(row.cacheWriteUsdPerMillion),
      reasoning: flat(row.reasoningUsdPerMillion),
      perCall: undefined,
    },
  };
}

const flat = (base: Decimal | null | undefined): Rate | undefined => (base ? { base, tiers: [] } : undefined);
