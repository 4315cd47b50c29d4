import { sql } from 'kysely';
import { Big } from 'big.js';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession, repeatably } from '../../database/session.ts';
import type { CostSource } from '../../pricing/cost-source.type.ts';
import { isLive } from '../../rollup/folded-sql.ts';
import type { TenantId } from '../../values/identifier.ts';
import type { Decimal } from '../../values/money.ts';
import type { Tags } from '../../values/tags.ts';

/** What the calls of a tenant's day have in common. */
export interface ChargeKey {
  provider: string;
  model: string;
  costSource: CostSource;
  tags: Tags | null;
}

/** The sums of such calls: quantities, and the parts of their cost in USD. */
export interface ChargeSums extends ChargeKey {
  calls: Decimal;
  /** Tokens that were neither read from a cache nor written to one. */
  inputTokens: Decimal;
  cachedInputTokens: Decimal;
  cacheWriteTokens: Decimal;
  outputTokens: Decimal;
  costUsd: Decimal;
  inputUsd: Decimal;
  cachedInputUsd: Decimal;
  cacheWriteUsd: Decimal;
  outputUsd: Decimal;
  unitsUsd: Decimal;
  /** Calls that pay for several units, or for none that they name. */
  callsOfSeveralUnits: Decimal;
  /** Quantities of units, and what those calls pay for units that have no other. */
  units: readonly { name: string; quantity: Decimal; costUsd: Decimal }[];
}

type Row = { provider: string; model: string; cost_source: CostSource; tags: Tags | null } & {
  units: { name: string; quantity: string; cost: string }[] | null;
} & Record<(typeof sums)[number], string>;

const sums = [
  'calls',
  'input_tokens',
  'cached_input_tokens',
  'cache_write_tokens',
  'output_tokens',
  'cost_usd',
  'input_usd',
  'cached_input_usd',
  'cache_write_usd',
  'output_usd',
  'units_usd',
  'calls_of_several_units',
] as const;

/** Sums of a tenant's calls in [from, to), without voided ones, for each combination of what tells charges apart. */
export async function sumCharges(
  em: SqlEntityManager,
  tenantId: TenantId,
  { from, to }: { from: Date; to: Date },
): Promise<ChargeSums[]> {
  const { rows } = await repeatably(em, () =>
    sql<Row>`
    with calls as (
      select provider, model, cost_source, tags, units, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
        cost_usd, input_cost_usd, cached_input_cost_usd, cache_write_cost_usd, output_cost_usd, units_cost_usd,
        (select count(*) from jsonb_each_text(units) as unit(name, quantity) where quantity::numeric > 0) = 1 as has_one_unit
      from usage_call
      where tenant_id = ${tenantId} and occurred_at >= ${from.toISOString()}::timestamptz
        and occurred_at < ${to.toISOString()}::timestamptz and voided_at is null and ${isLive(tenantId, 'occurred_at')}
    ), unit_sums as (
      select provider, model, cost_source, tags, unit.name, sum(unit.quantity::numeric) as quantity,
        coalesce(sum(units_cost_usd) filter (where has_one_unit), 0) as cost
      from calls cross join lateral jsonb_each_text(calls.units) as unit(name, quantity)
      where unit.quantity::numeric > 0
      group by provider, model, cost_source, tags, unit.name
    ), charges as (
      select provider, model, cost_source, tags, count(*)::text as calls,
        sum(input_tokens - cached_input_tokens - cache_write_tokens)::text as input_tokens,
        sum(cached_input_tokens)::text as cached_input_tokens, sum(cache_write_tokens)::text as cache_write_tokens,
        sum(output_tokens)::text as output_tokens, coalesce(sum(cost_usd), 0)::text as cost_usd,
        coalesce(sum(input_cost_usd), 0)::text as input_usd,
        coalesce(sum(cached_input_cost_usd), 0)::text as cached_input_usd,
        coalesce(sum(cache_write_cost_usd), 0)::text as cache_write_usd,
        coalesce(sum(output_cost_usd), 0)::text as output_usd, coalesce(sum(units_cost_usd), 0)::text as units_usd,
        count(*) filter (where units_cost_usd > 0 and has_one_unit is not true)::text as calls_of_several_units
      from calls group by provider, model, cost_source, tags
    )
    select charges.*, (
      select jsonb_agg(jsonb_build_object('name', name, 'quantity', quantity::text, 'cost', cost::text) order by name)
      from unit_sums
      where unit_sums.provider = charges.provider and unit_sums.model = charges.model
        and unit_sums.cost_source = charges.cost_source and unit_sums.tags is not distinct from charges.tags
    ) as units
    from charges order by provider collate "C", model collate "C", cost_source collate "C", tags::text collate "C"`.execute(
      inSession(em),
    ),
  );
  return rows.map((row) => ({
    provider: row.provider,
    model: row.model,
    costSource: row.cost_source,
    tags: row.tags,
    calls: new Big(row.calls),
    inputTokens: new Big(row.input_tokens),
    cachedInputTokens: new Big(row.cached_input_tokens),
    cacheWriteTokens: new Big(row.cache_write_tokens),
    outputTokens: new Big(row.output_tokens),
    costUsd: new Big(row.cost_usd),
    inputUsd: new Big(row.input_usd),
    cachedInputUsd: new Big(row.cached_input_usd),
    cacheWriteUsd: new Big(row.cache_write_usd),
    outputUsd: new Big(row.output_usd),
    unitsUsd: new Big(row.units_usd),
    callsOfSeveralUnits: new Big(row.calls_of_several_units),
    units: (row.units ?? []).map(({ name, quantity, cost }) => ({
      name,
      quantity: new Big(quantity),
      costUsd: new Big(cost),
    })),
  }));
}

/** When a tenant's first call was made, voided or not; undefined without calls. */
export async function firstCallAt(em: SqlEntityManager, tenantId: TenantId): Promise<Date | undefined> {
  const { rows } = await repeatably(em, () =>
    sql<{ first_ms: string | null }>`
    select extract(epoch from min(occurred_at)) * 1000 as first_ms from usage_call where tenant_id = ${tenantId} and ${isLive(tenantId, 'occurred_at')}`.execute(
      inSession(em),
    ),
  );
  const ms = rows[0]?.first_ms;
  return ms === null || ms === undefined ? undefined : new Date(Number(ms));
}
