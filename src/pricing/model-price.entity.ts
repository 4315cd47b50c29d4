import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import { DecimalType } from '../database/decimal.type.ts';
import type { TenantId } from '../values/identifier.ts';
import type { Decimal } from '../values/money.ts';
import { ownAndPlatformRows } from '../database/row-level-security.ts';

/**
 * What a model costs from one instant to another, in one tenant or in all. The database refuses two that hold for the
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
    /** The names by which calls find it; see model-names.ts. */
    providerKey: p.text().collation('C'),
    modelKey: p.text().collation('C'),
    effectiveFrom: p.datetime(3),
    effectiveTo: p.datetime(3).nullable(),
    inputUsdPerMillion: p.type(DecimalType).$type<Decimal>(),
    outputUsdPerMillion: p.type(DecimalType).$type<Decimal>(),
    cachedInputUsdPerMillion: p.type(DecimalType).nullable(),
    cacheWriteUsdPerMillion: p.type(DecimalType).nullable(),
    reasoningUsdPerMillion: p.type(DecimalType).nullable(),
    createdAt: p.datetime(3).defaultRaw('now()'),
  },
});

export type ModelPrice = InferEntity<typeof ModelPriceEntity>;
