import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Page } from '../platform/connection.ts';
import type { TenantId } from '../platform/identifier.ts';
import { formatDecimal, type Decimal } from '../platform/money.ts';
import { ModelPriceEntity, type ModelPrice } from './model-price.entity.ts';
import type { ModelNames } from './model-names.ts';

/** Prices of the tenants, and platform prices, under any of the names they were asked for, in one statement. */
export async function findModelPrices(
  em: SqlEntityManager,
  tenantIds: readonly TenantId[],
  names: readonly ModelNames[],
): Promise<ModelPrice[]> {
  const keys = names.flatMap(({ provider, models }) => models.map((model) => ({ provider, model })));
  const { rows } = await sql<Record<string, unknown>>`
    select model_price.*
    from (select distinct provider, model from json_to_recordset(${JSON.stringify(keys)}::json) as k(provider text, model text)) as key
    join model_price on model_price.provider_key = key.provider and model_price.model_key = key.model
      and (model_price.tenant_id is null or model_price.tenant_id in (
        select json_array_elements_text(${JSON.stringify(tenantIds)}::json)))`.execute(em.getKysely());
  return rows.map((row) => em.map(ModelPriceEntity, row));
}

/** Key of a price in its list. */
export interface ModelPriceKey {
  provider: string;
  model: string;
  effectiveFrom: Date;
  id: string;
}

/** Prices of a tenant, where one is given, and of the platform, by name and time, one more than the page holds. */
export async function listModelPrices(
  em: SqlEntityManager,
  tenantId: TenantId | undefined,
  provider: string | undefined,
  page: Page<ModelPriceKey>,
): Promise<ModelPrice[]> {
  const { after } = page;
  const { rows } = await sql<Record<string, unknown>>`
    select * from model_price
    where (tenant_id is null or tenant_id = ${tenantId ?? null})
      ${provider === undefined ? sql`` : sql`and provider_key = ${provider}`}
      ${
        after
          ? sql`and (provider, model, effective_from, id)
              > (${after.provider}, ${after.model}, ${after.effectiveFrom.toISOString()}::timestamptz, ${after.id})`
          : sql``
      }
    order by provider, model, effective_from, id
    limit ${page.first + 1}`.execute(em.getKysely());
  return rows.map((row) => em.map(ModelPriceEntity, row));
}

/** Lets those who set prices of one model in one tenant, or of the platform, wait for each other. Until the commit. */
export async function lockModelPrices(
  em: SqlEntityManager,
  tenantId: TenantId | null,
  names: { providerKey: string; modelKey: string },
): Promise<void> {
  const key = JSON.stringify(['model_price', tenantId, names.providerKey, names.modelKey]);
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(em.getKysely());
}

/** Prices that hold at some time from `from` on. */
export async function findModelPricesSince(
  em: SqlEntityManager,
  tenantId: TenantId | null,
  names: { providerKey: string; modelKey: string },
  from: Date,
): Promise<ModelPrice[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from model_price
    where tenant_id is not distinct from ${tenantId}
      and provider_key = ${names.providerKey} and model_key = ${names.modelKey}
      and (effective_to is null or effective_to > ${from.toISOString()}::timestamptz)
    order by effective_from`.execute(em.getKysely());
  return rows.map((row) => em.map(ModelPriceEntity, row));
}

/** Ends a price at an instant at which it holds. */
export async function endModelPrice(
  em: SqlEntityManager,
  tenantId: TenantId | null,
  id: string,
  effectiveTo: Date,
): Promise<void> {
  await sql`
    update model_price set effective_to = ${effectiveTo.toISOString()}::timestamptz
    where tenant_id is not distinct from ${tenantId} and id = ${id}`.execute(em.getKysely());
}

/** A price that may be stored: every field is there. */
export type NewModelPrice = {
  [Field in Exclude<keyof ModelPrice, 'createdAt' | symbol>]-?: Exclude<ModelPrice[Field], undefined>;
};

export async function insertModelPrice(em: SqlEntityManager, price: NewModelPrice): Promise<void> {
  await sql`
    insert into model_price (id, tenant_id, provider, model, provider_key, model_key, effective_from, effective_to,
      input_usd_per_million, output_usd_per_million, cached_input_usd_per_million, cache_write_usd_per_million,
      reasoning_usd_per_million)
    values (${price.id}, ${price.tenantId}, ${price.provider}, ${price.model}, ${price.providerKey}, ${price.modelKey},
      ${price.effectiveFrom.toISOString()}, ${price.effectiveTo?.toISOString() ?? null},
      ${formatDecimal(price.inputUsdPerMillion)}, ${formatDecimal(price.outputUsdPerMillion)},
      ${orNull(price.cachedInputUsdPerMillion)}, ${orNull(price.cacheWriteUsdPerMillion)},
      ${orNull(price.reasoningUsdPerMillion)})`.execute(em.getKysely());
}

const orNull = (value: Decimal | null): string | null => value && formatDecimal(value);
