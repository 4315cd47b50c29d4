import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Page } from '../graphql/connection.ts';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import { ModelPriceEntity, type ModelPrice } from './model-price.entity.ts';
import type { ModelNames } from './model-names.ts';
import { inSession } from '../database/session.ts';

/** A model whose price is looked up, for a tenant or for the platform. */
export interface PricedModel {
  /** Undefined for platform prices only. */
  tenantId: TenantId | undefined;
  names: ModelNames;
}

/** What was read of the prices at one moment. */
export interface FoundPrices {
  revision: number;
  /** The price list that holds; null for the bundled one. */
  catalogueVersion: string | null;
  prices: ModelPrice[][];
}

/**
 * Prices of each model, in the order in which they apply: the tenant's own before the platform's, each by the name that
 * says most of the model: of patterns the one with most letters, of two that say as much the one without "*". One
 * statement, which also reads the revision.
 */
export async function findModelPrices(em: SqlEntityManager, asked: readonly PricedModel[]): Promise<FoundPrices> {
  const keys = asked.flatMap(({ tenantId, names }, no) =>
    names.providers.flatMap((provider, place) =>
      names.models.map((model, rank) => ({ no, place, rank, tenant_id: tenantId, provider, model })),
    ),
  );
  const { rows } = await sql<
    Record<string, unknown> & { revision: string; catalogue_version: string | null; no: number | null }
  >`
    with key as materialized (
      select * from json_to_recordset(${JSON.stringify(keys)}::json)
        as key(no int, place int, rank int, tenant_id text, provider text, model text)
    ), pattern as materialized (
      select * from model_price where strpos(model_key, '*') > 0
    ), price as (
      select key.no, key.place, key.rank, model_price.*
      from key join model_price on model_price.provider_key = key.provider and model_price.model_key = key.model
        and (model_price.tenant_id = key.tenant_id or model_price.tenant_id is null)
      union all
      select key.no, key.place, key.rank, pattern.*
      from key join pattern on pattern.provider_key = key.provider and key.model like ${likeOfPattern}
        and (pattern.tenant_id = key.tenant_id or pattern.tenant_id is null)
    )
    select revision, catalogue_version, price.*
    from model_price_revision left join price on true
    order by price.no, price.tenant_id is null, price.place, length(replace(price.model_key, '*', '')) desc,
      strpos(price.model_key, '*') > 0, price.rank, price.model_key`.execute(inSession(em));
  const prices: ModelPrice[][] = asked.map(() => []);
  for (const { revision: _revision, catalogue_version: _version, no, place: _place, rank: _rank, ...row } of rows)
    if (no !== null) prices[no]?.push(em.map(ModelPriceEntity, row));
  const [first] = rows;
  return { revision: Number(first?.revision), catalogueVersion: first?.catalogue_version ?? null, prices };
}

/** A pattern's "*" as LIKE has it; everything else stands for itself. */
const likeOfPattern = sql.raw(
  String.raw`replace(replace(replace(replace(pattern.model_key, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%')`,
);

/** The committed revision of prices. */
export async function modelPriceRevision(em: SqlEntityManager): Promise<number> {
  const { rows } = await sql<{ revision: string }>`select revision from model_price_revision`.execute(inSession(em));
  return Number(rows[0]?.revision);
}

/** Counts a change of prices. Until the commit nobody else can change one. */
export async function advanceModelPriceRevision(em: SqlEntityManager): Promise<void> {
  await sql`update model_price_revision set revision = revision + 1`.execute(inSession(em));
}

/** Key of a price in its list. */
export interface ModelPriceKey {
  provider: string;
  model: string;
  effectiveFrom: Date;
  id: string;
}

/** Prices of the platform, and of a tenant if given, by name and time, with one row more than the page holds. */
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
    limit ${page.first + 1}`.execute(inSession(em));
  return rows.map((row) => em.map(ModelPriceEntity, row));
}

/** Prices of these ids that a tenant's calls may have been priced with: its own, and the platform's. */
export async function findModelPricesById(
  em: SqlEntityManager,
  keys: readonly { tenantId: TenantId; id: string }[],
): Promise<ModelPrice[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from model_price
    where id = any(${keys.map(({ id }) => id)}::text[])
      and (tenant_id is null or tenant_id = any(${keys.map(({ tenantId }) => tenantId)}::text[]))`.execute(
    inSession(em),
  );
  return rows.map((row) => em.map(ModelPriceEntity, row));
}

/** Prices that apply at `from` or later. */
export async function findModelPricesSince(
  em: SqlEntityManager,
  tenantId: TenantId | null,
  names: { providerKey: string; modelKey: string; serviceTier: string },
  from: Date,
): Promise<ModelPrice[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from model_price
    where tenant_id is not distinct from ${tenantId}
      and provider_key = ${names.providerKey} and model_key = ${names.modelKey} and service_tier = ${names.serviceTier}
      and (effective_to is null or effective_to > ${from.toISOString()}::timestamptz)
    order by effective_from`.execute(inSession(em));
  return rows.map((row) => em.map(ModelPriceEntity, row));
}

/** Ends a price at an instant at which it applies. */
export async function endModelPrice(
  em: SqlEntityManager,
  tenantId: TenantId | null,
  id: string,
  effectiveTo: Date,
): Promise<void> {
  await sql`
    update model_price set effective_to = ${effectiveTo.toISOString()}::timestamptz
    where tenant_id is not distinct from ${tenantId} and id = ${id}`.execute(inSession(em));
}

/** A price that may be stored: every field is there. */
export type NewModelPrice = {
  [Field in Exclude<keyof ModelPrice, 'createdAt' | symbol>]-?: Exclude<ModelPrice[Field], undefined>;
};

export async function insertModelPrice(em: SqlEntityManager, price: NewModelPrice): Promise<void> {
  await sql`
    insert into model_price (id, tenant_id, provider, model, provider_key, model_key, effective_from, effective_to,
      input_usd_per_million, output_usd_per_million, cached_input_usd_per_million, cache_write_usd_per_million,
      reasoning_usd_per_million, service_tier, cache_write1h_usd_per_million, tiers, units)
    values (${price.id}, ${price.tenantId}, ${price.provider}, ${price.model}, ${price.providerKey}, ${price.modelKey},
      ${price.effectiveFrom.toISOString()}, ${price.effectiveTo?.toISOString() ?? null},
      ${formatDecimal(price.inputUsdPerMillion)}, ${formatDecimal(price.outputUsdPerMillion)},
      ${orNull(price.cachedInputUsdPerMillion)}, ${orNull(price.cacheWriteUsdPerMillion)},
      ${orNull(price.reasoningUsdPerMillion)}, ${price.serviceTier}, ${orNull(price.cacheWrite1hUsdPerMillion)},
      ${JSON.stringify(price.tiers)}::jsonb, ${JSON.stringify(price.units)}::jsonb)`.execute(inSession(em));
}

const orNull = (value: Decimal | null): string | null => value && formatDecimal(value);
