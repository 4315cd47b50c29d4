import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { prepared } from '../database/prepared.ts';
import { columns, definitions, toRecord, values } from './call-columns-sql.ts';
import { CallEntity, type Call } from './call.entity.ts';
import type { NewCall } from './validate-call.ts';
import { inSession } from '../database/session.ts';

export interface CallKey {
  tenantId: TenantId;
  requestId: string;
}

/**
 * Stores the calls whose keys are not in the ledger, all in one statement, and returns the keys of those with the time
 * of recording. Keys must be distinct. Tenants that calls may create are created by the same statement; other calls are
 * stored only where there is a tenant. With the revision of the prices that were used, nothing is stored once there is
 * another.
 */
export async function insertCalls(
  em: SqlEntityManager,
  calls: readonly NewCall[],
  priceRevision?: number,
): Promise<(CallKey & { recordedAt: Date })[]> {
  const created = new Set(calls.flatMap((call) => (call.mayCreateTenant ? call.tenantId : [])));
  const expected = new Set(calls.flatMap((call) => (created.has(call.tenantId) ? [] : call.tenantId)));
  const conditions = [
    ...(expected.size > 0 ? [sql`tenant_id <> all(${missingTenants(expected)})`] : []),
    ...(priceRevision === undefined ? [] : [sql`(select revision from model_price_revision) = ${priceRevision}`]),
  ];
  const { rows } = await sql<{ tenant_id: TenantId; request_id: string; recorded_ms: string }>`${marked}
    ${created.size > 0 ? withTenants(created) : sql``}
    insert into usage_call (${columns}, voided_xid)
    select ${values}, case when call.voided_at is not null then pg_current_xact_id()::text::bigint end
    from json_to_recordset(${JSON.stringify(calls.map(toRecord))}::json) as call(${definitions})
    ${conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``}
    -- One order for all writers, so that two batches with the same keys never wait for each other.
    order by call.tenant_id collate "C", call.request_id collate "C"
    on conflict (tenant_id, request_id) do nothing
    returning tenant_id, request_id, extract(epoch from recorded_at) * 1000 as recorded_ms`.execute(inSession(em));
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    requestId: row.request_id,
    recordedAt: new Date(Number(row.recorded_ms)),
  }));
}

const marked = sql.raw(prepared);

const withTenants = (ids: ReadonlySet<TenantId>) => sql`
  with created as (
    insert into tenant (tenant_id, name)
    select id, id from json_array_elements_text(${JSON.stringify([...ids])}::json) as id order by id collate "C"
    on conflict do nothing)`;

/**
 * Those that were deleted since the key was looked up. What a statement sees is what is committed when it may write to
 * the ledger, and whoever deletes a tenant keeps everybody from that until the commit: so the tenants that are there
 * have their calls found, or stay.
 */
const missingTenants = (ids: ReadonlySet<TenantId>) => sql`array(
  select id from json_array_elements_text(${JSON.stringify([...ids])}::json) as id
  -- Each by the key: for "not exists" all tenants would be read.
  where (select true from tenant where tenant.tenant_id = id) is null)`;

/** Marks a call as void; false when it is void already or not there. */
export async function markVoid(
  em: SqlEntityManager,
  tenantId: TenantId,
  requestId: string,
  mark: { at: Date; by: string; reason: string },
): Promise<boolean> {
  const result = await sql`
    update usage_call set voided_at = ${mark.at.toISOString()}::timestamptz, voided_by = ${mark.by},
      void_reason = ${mark.reason}, voided_xid = pg_current_xact_id()::text::bigint
    where tenant_id = ${tenantId} and request_id = ${requestId} and voided_at is null`.execute(inSession(em));
  return result.numAffectedRows === 1n;
}

/** Stored calls by key, in one statement. */
export async function findCalls(em: SqlEntityManager, keys: readonly CallKey[]): Promise<Call[]> {
  if (keys.length === 0) return [];
  const records = keys.map(({ tenantId, requestId }) => ({ tenant_id: tenantId, request_id: requestId }));
  // A join: PostgreSQL takes a second and more to plan a thousand pairs in an "in (…)".
  const { rows } = await sql<Record<string, unknown>>`
    select usage_call.*
    from json_to_recordset(${JSON.stringify(records)}::json) as key(tenant_id text, request_id text)
    join usage_call using (tenant_id, request_id)`.execute(inSession(em));
  return rows.map((row) => em.map(CallEntity, row));
}
