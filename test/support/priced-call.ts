import { bundledCatalogue } from '../../src/pricing/catalogue/bundled-catalogue.ts';
import { costOf, type CallCost } from '../../src/pricing/cost.ts';
import { modelNames } from '../../src/pricing/model-names.ts';
import { isUnpriced, type Unpriced } from '../../src/pricing/price.ts';
import { serviceTierName } from '../../src/pricing/service-tiers.ts';
import { readTokens, type BilledBesides, type TokenInput } from '../../src/pricing/token-counts.ts';

/** A call as services send it; only what its price depends on. */
export type CatalogueCall = TokenInput & BilledBesides & { provider: string; model: string; occurredAt?: string };

/** What the bundled catalogue says that a call costs. */
export function costOfCall(call: CatalogueCall): CallCost | Unpriced {
  const { provider, model, occurredAt = '2026-11-25T12:00:00Z', units, serviceTier, status } = call;
  const price = bundledCatalogue.price(
    modelNames(provider, model).catalogue,
    new Date(occurredAt),
    serviceTierName(serviceTier),
  );
  if (isUnpriced(price)) return price;
  return costOf({ ...readTokens(call), units, ...(status && { status }) }, price);
}
