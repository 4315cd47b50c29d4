import { sql } from 'kysely';
import { escapeLiteral } from 'pg';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Page } from '../graphql/connection.ts';
import type { TenantId } from '../values/identifier.ts';
import { inSession, repeatably, selectRows } from '../database/session.ts';
import { ownRateLimit, type OwnRateLimit } from '../caller/principal.ts';
import { TenantEntity, type Tenant } from './tenant.entity.ts';

export async function findTenants(em: SqlEntityManager, ids: readonly TenantId[]): Promise<Tenant[]> {
  const rows = await selectRows<Record<string, unknown>>(
    em,
    `select * from tenant where tenant_id in (${ids.map((id) => escapeLiteral(id)).join(', ')})`,
  );
  return rows.map((row) => em.map(TenantEntity, row));
}

/** Tenants by id, with one row more than the page holds. For superusers. */
export async function listTenants(em: SqlEntityManager, page: Page<string[]>): Promise<Tenant[]> {
  const after = page.after?.[0] as TenantId | undefined;
  return repeatably(em, () =>
    em.find(TenantEntity, after === undefined ? {} : { id: { $gt: after } }, {
      orderBy: { id: 'asc' },
      limit: page.first + 1,
    }),
  );
}

/** Ids of all tenants in order. For superusers and operators. */
export async function everyTenantId(em: SqlEntityManager): Promise<TenantId[]> {
  const tenants = await em.find(TenantEntity, {}, { fields: ['id'], orderBy: { id: 'asc' }, disableIdentityMap: true });
  return tenants.map(({ id }) => id);
}

/**
 * A tenant, locked until the transaction ends. "key share" keeps it from being deleted, "no key update" from being changed
 * as well, and "update" keeps out everything new that refers to it.
 */
export async function lockTenant(
  em: SqlEntityManager,
  id: TenantId,
  strength: 'key share' | 'no key update' | 'update',
): Promise<Tenant | undefined> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from tenant where tenant_id = ${id} for ${sql.raw(strength)}`.execute(inSession(em));
  return rows[0] && em.map(TenantEntity, rows[0]);
}

/** The rate limit of a tenant; undefined when it has none of its own, or does not exist. */
export async function findTenantRateLimit(em: SqlEntityManager, id: TenantId): Promise<OwnRateLimit | undefined> {
  const { rows } = await sql<OwnRateLimit>`
    select calls_per_second as "callsPerSecond", requests_per_second as "requestsPerSecond"
    from tenant where tenant_id = ${id}`.execute(inSession(em));
  return rows[0] && ownRateLimit(rows[0]);
}

/** Changes a tenant that is locked. */
export async function updateTenantRow(
  em: SqlEntityManager,
  tenant: Pick<
    Tenant,
    'id' | 'name' | 'timezone' | 'callsPerSecond' | 'requestsPerSecond' | 'retentionDays' | 'personalTags'
  >,
): Promise<void> {
  const {
    id,
    name,
    timezone,
    callsPerSecond = null,
    requestsPerSecond = null,
    retentionDays = null,
    personalTags,
  } = tenant;
  await sql`
    update tenant set name = ${name}, timezone = ${timezone}, calls_per_second = ${callsPerSecond},
      requests_per_second = ${requestsPerSecond}, retention_days = ${retentionDays},
      personal_tags = ${personalTags}::text[]
    where tenant_id = ${id}`.execute(inSession(em));
}

/**
 * Adds the tenants that do not exist yet, each with its anchor, in one statement ordered by id, and returns the ids of
 * those.
 */
export async function insertMissingTenants(
  em: SqlEntityManager,
  tenants: readonly Pick<Tenant, 'id' | 'name' | 'timezone'>[],
): Promise<TenantId[]> {
  const rows = tenants.map(({ id, name, timezone }) => ({ tenant_id: id, name, timezone }));
  const { rows: inserted } = await sql<{ tenant_id: TenantId }>`
    with given as (
      select tenant_id, name, timezone
      from json_to_recordset(${JSON.stringify(rows)}::json) as given(tenant_id text, name text, timezone text)
      -- One order for all writers, so that two batches never wait for each other.
      order by tenant_id collate "C"
    ), added as (
      insert into tenant (tenant_id, name, timezone) select tenant_id, name, timezone from given
      on conflict do nothing
      returning tenant_id
    ), anchored as (
      insert into rollup_mark (tenant_id) select tenant_id from given on conflict do nothing
    )
    select tenant_id from added`.execute(inSession(em));
  return inserted.map((row) => row.tenant_id);
}

/** Where the ledgers of tenants begin that calls have left. */
export async function findCompleteFrom(em: SqlEntityManager, ids: readonly TenantId[]): Promise<Map<TenantId, Date>> {
  const { rows } = await sql<{ tenant_id: TenantId; ms: string }>`
    select tenant_id, extract(epoch from complete_from) * 1000 as ms
    from rollup_mark where tenant_id = any(${[...ids]}::text[]) and complete_from is not null`.execute(inSession(em));
  return new Map(rows.map((row) => [row.tenant_id, new Date(Number(row.ms))]));
}
