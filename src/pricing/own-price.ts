import { Big } from 'big.js';
import type { TenantId } from '../values/identifier.ts';
import type { Decimal } from '../values/money.ts';
import type { PriceSource } from './cost-source.type.ts';
import type { ModelPrice, PriceTier } from './model-price.entity.ts';
import type { Price, Rate, Unpriced } from './price.ts';

const holdsAt = ({ effectiveFrom, effectiveTo }: ModelPrice, at: Date) =>
  effectiveFrom <= at && (!effectiveTo || at < effectiveTo);

/**
 * The price that was set for a call, of those for its model in the order in which they apply. The first that holds decides
 * alone: what it has no rate for, its service tiers included, has no price. Undefined when none holds.
 */
export function ownPrice(prices: readonly ModelPrice[], at: Date, serviceTier: string): Price | Unpriced | undefined {
  const first = prices.find((price) => holdsAt(price, at));
  if (!first) return undefined;
  const isOfSameModel = (price: ModelPrice) =>
    price.tenantId === first.tenantId && price.providerKey === first.providerKey && price.modelKey === first.modelKey;
  const row = prices.find((price) => isOfSameModel(price) && price.serviceTier === serviceTier && holdsAt(price, at));
  if (row) return toPrice(row);
  return {
    unpricedReason: `The price set for ${first.provider} / ${first.model} is not for the service tier ${serviceTier}.`,
  };
}

export const sourceOf = ({ tenantId }: { tenantId?: TenantId | null }): PriceSource =>
  tenantId ? 'TENANT_PRICE' : 'PLATFORM_PRICE';

function toPrice(row: ModelPrice): Price {
  const tiers = row.tiers.toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens);
  const rate = (base: Decimal, ofTier: (tier: PriceTier) => string | null): Rate => ({
    base,
    tiers: tiers.map((tier) => {
      const usd = ofTier(tier);
      return { above: tier.aboveInputTokens, usd: usd === null ? undefined : new Big(usd) };
    }),
    per: 1_000_000,
  });
  const { inputUsdPerMillion: input, outputUsdPerMillion: output } = row;
  const rates = new Map([
    ['input_tokens', rate(input, (tier) => tier.inputUsdPerMillion)],
    ['output_tokens', rate(output, (tier) => tier.outputUsdPerMillion)],
    [
      'cache_read_tokens',
      rate(row.cachedInputUsdPerMillion ?? input, (tier) => tier.cachedInputUsdPerMillion ?? tier.inputUsdPerMillion),
    ],
    [
      'cache_write_tokens',
      rate(row.cacheWriteUsdPerMillion ?? input, (tier) => tier.cacheWriteUsdPerMillion ?? tier.inputUsdPerMillion),
    ],
    ...row.units.map(({ unit, usdPerUnit }): [string, Rate] => [
      unit,
      { base: new Big(usdPerUnit), tiers: [], per: 1 },
    ]),
  ]);
  if (row.cacheWrite1hUsdPerMillion)
    rates.set(
      'cache_write_1h_tokens',
      rate(row.cacheWrite1hUsdPerMillion, (tier) => tier.cacheWrite1hUsdPerMillion),
    );
  // Tiers have no rate for reasoning, which leaves it that of the output.
  if (row.reasoningUsdPerMillion)
    rates.set(
      'output_reasoning_tokens',
      rate(row.reasoningUsdPerMillion, (tier) => tier.outputUsdPerMillion),
    );
  return { source: sourceOf(row), id: row.id, rates };
}
