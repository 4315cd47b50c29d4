import { formatDecimal, type Decimal } from '../values/money.ts';
import { readable, readRequired, type Unreadable } from '../values/unreadable.ts';
import type { PriceTier, UnitPrice } from './model-price.entity.ts';

type Given = Decimal | Unreadable;

interface GivenTier {
  aboveInputTokens: number;
  inputUsdPerMillion: Given;
  outputUsdPerMillion: Given;
  cachedInputUsdPerMillion?: Given | null | undefined;
  cacheWriteUsdPerMillion?: Given | null | undefined;
  cacheWrite1hUsdPerMillion?: Given | null | undefined;
}

const text = (value: Given) => formatDecimal(readRequired(value, 'tiers'));
const textOrNull = (value: Given | null | undefined) => {
  const amount = readable(value, 'tiers');
  return amount === undefined ? null : formatDecimal(amount);
};

/** Tiers as they are stored. @throws {ValidationError} on `tiers`. */
export const readPriceTiers = (tiers: readonly GivenTier[] | null | undefined): PriceTier[] =>
  (tiers ?? []).map((tier) => ({
    aboveInputTokens: tier.aboveInputTokens,
    inputUsdPerMillion: text(tier.inputUsdPerMillion),
    outputUsdPerMillion: text(tier.outputUsdPerMillion),
    cachedInputUsdPerMillion: textOrNull(tier.cachedInputUsdPerMillion),
    cacheWriteUsdPerMillion: textOrNull(tier.cacheWriteUsdPerMillion),
    cacheWrite1hUsdPerMillion: textOrNull(tier.cacheWrite1hUsdPerMillion),
  }));

/** Unit prices as they are stored. @throws {ValidationError} on `units`. */
export const readUnitPrices = (units: readonly { unit: string; usdPerUnit: Given }[] | null | undefined): UnitPrice[] =>
  (units ?? []).map(({ unit, usdPerUnit }) => ({ unit, usdPerUnit: formatDecimal(readRequired(usdPerUnit, 'units')) }));
