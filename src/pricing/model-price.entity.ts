import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import { DecimalType } from '../database/decimal.type.ts';
import type { TenantId } from '../values/identifier.ts';
import type { Decimal } from '../values/money.ts';
import { ownAndPlatformRows } from '../database/row-level-security.ts';

/** Rates of a call with more input tokens, as plain decimals in USD per million tokens. */
export interface PriceTier {
  aboveInputTokens: number;
  inputUsdPerMillion: string;
  outputUsdPerMillion: string;
  cachedInputUsdPerMillion: string | null;
  cacheWriteUsdPerMillion: string | null;
  cacheWrite1hUsdPerMillion: string | null;
}

/** The price of one of a unit, a plain decimal in USD. */
export interface UnitPrice {
  unit: string;
  usdPerUnit: string;
}

/**
 * The price of a model over a range of time, for one tenant or for all. The database refuses two prices that apply to the
 * same names at the same time.
 */
export const ModelPriceEntity = defineEntity({
  name: 'ModelPrice',
  tableName: 'model_price',
  ...ownAndPlatformRows,
  indexes: [{ name: 'model_price_by_name', properties: ['providerKey', 'modelKey', 'tenantId'] }],
  properties: {
    id: p.text().collation('C').primary(),
    /** Null for a platform price. */
    tenantId: p.text().$type<TenantId>().collation('C').nullable(),
    provider: p.text().collation('C'),
    model: p.text().collation('C'),
    /** The names under which calls look it up; see model-names.ts. A model may be a pattern: "*" stands for anything. */
    providerKey: p.text().collation('C'),
    modelKey: p.text().collation('C'),
    effectiveFrom: p.datetime(3),
    effectiveTo: p.datetime(3).nullable(),
    inputUsdPerMillion: p.type(DecimalType).$type<Decimal>(),
    outputUsdPerMillion: p.type(DecimalType).$type<Decimal>(),
    cachedInputUsdPerMillion: p.type(DecimalType).nullable(),
    cacheWriteUsdPerMillion: p.type(DecimalType).nullable(),
    reasoningUsdPerMillion: p.type(DecimalType).nullable(),
    serviceTier: p.text().collation('C').default('standard'),
    cacheWrite1hUsdPerMillion: p.type(DecimalType).nullable(),
    tiers: p.json().$type<readonly PriceTier[]>().default('[]'),
    units: p.json().$type<readonly UnitPrice[]>().default('[]'),
    createdAt: p.datetime(3).defaultRaw('now()'),
  },
});

export type ModelPrice = InferEntity<typeof ModelPriceEntity>;
