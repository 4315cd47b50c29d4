import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { countingSql } from '../limits/counter-sql.ts';
import { lateCallsSql, type LateCall } from './late-calls-sql.ts';
import { settlingSql, type Settlement } from '../limits/settling-sql.ts';
import type { Touch } from '../limits/touched-budgets.ts';
import { unpricedSql, type UnpricedCall } from './unpriced-sql.ts';
import type { Watch } from '../limits/usual-hours.ts';
import { prepared } from '../database/prepared.ts';
import { columns, definitions, toRecord, values } from './call-columns-sql.ts';
import { CallEntity, type Call } from './call.entity.ts';
import type { NewCall } from './validate-call.ts';
import { inSession } from '../database/session.ts';

export interface CallKey {
  tenantId: TenantId;
  requestId: string;
}

/** By which budgets and closed months calls are counted, and what is told of them. */
export interface Counting {
  /** Revision of the tenant's budgets and closed months; empty while it never had any. */
  revisionOf(tenantId: TenantId): string;
  /** What each call adds to counters. */
  touches: readonly Touch[];
  /** Which hours of budgets may become spikes. */
  watches: readonly Watch[];
  /** Whether a channel of one of the tenants is told of thresholds and spikes. */
  isTold: boolean;
  /** Which reservations calls settle. */
  settlements: readonly Settlement[];
  /** Which calls are in closed months, and when that is noted. */
  late: readonly LateCall[];
  at: Date;
  /** Calls whose lack of a price is news. */
  unpriced?: readonly UnpricedCall[];
}

const withoutBudgets: Counting = {
  revisionOf: () => '',
  touches: [],
  watches: [],
  isTold: false,
  settlements: [],
  late: [],
  at: new Date(0),
};

/**
 * Stores the calls whose keys are not in the ledger yet, all in one statement, and returns their keys with the time of
 * recording. Keys must be distinct. Calls of tenants that do not exist, or are being deleted, are left out. When the revision of the prices that
 * were used is given, nothing is stored if the prices have changed since; nor are calls of a tenant whose budgets or
 * closed months have another revision than the one by which they were counted. Calls from before the tenant's horizon are
 * left out, too.
 *
 * Here a tenant exists if it has a row in rollup_mark. The statement shares a lock on it, which a deletion waits for, and
 * passes over the row that a deletion has locked, rather than wait for that.
 */
export async function insertCalls(
  em: SqlEntityManager,
  calls: readonly NewCall[],
  priceRevision?: number,
  { revisionOf, touches, watches, isTold, settlements, late, at, unpriced = [] }: Counting = withoutBudgets,
): Promise<(CallKey & { recordedAt: Date })[]> {
  const tenantIds = [...new Set(calls.map(({ tenantId }) => tenantId))];
  const revisions = tenantIds.map((id) => `${id} ${revisionOf(id)}`);
  // A new id for each attempt: a retry must not add to a batch that has been folded meanwhile.
  const batch = uuidv7();
  const atPrices =
    priceRevision === undefined ? sql`` : sql`where (select revision from model_price_revision) = ${priceRevision}`;
  const { rows } = await sql<{ tenant_id: TenantId; request_id: string; recorded_ms: string }>`${marked}
    with existing as materialized (
      select tenant_id, accepts_from from rollup_mark where tenant_id = any(${tenantIds}::text[])
        and tenant_id || ' ' || budget_revision = any(${revisions}::text[])
      for key share skip locked
    ), stored as (
      insert into usage_call (${columns}, batch_id, void_batch_id)
      select ${values}, ${batch}::uuid, case when call.voided_at is not null then ${batch}::uuid end
      from json_to_recordset(${JSON.stringify(calls.map(toRecord))}::json) as call(${definitions})
      join existing on existing.tenant_id = call.tenant_id
        and (existing.accepts_from is null or call.occurred_at >= existing.accepts_from)
      ${atPrices}
      -- The same order for all writers, so that two batches with the same keys never deadlock.
      order by call.tenant_id collate "C", call.request_id collate "C"
      on conflict (tenant_id, request_id) do nothing
      returning tenant_id, request_id, recorded_at
    ), waiting as (
      insert into unfolded (tenant_id, batch_id, calls)
      select tenant_id, ${batch}::uuid, count(*) from stored group by tenant_id
    )${settlingSql(settlements)}${countingSql(touches, watches, isTold)}${lateCallsSql(late, at)}${unpricedSql(unpriced)}
    select tenant_id, request_id, extract(epoch from recorded_at) * 1000 as recorded_ms from stored`.execute(
    inSession(em),
  );
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    requestId: row.request_id,
    recordedAt: new Date(Number(row.recorded_ms)),
  }));
}

/** What recording has to know of a tenant whose calls were not stored. */
export interface ExistingTenant {
  /** Revision of what its calls are counted by. */
  revision: string;
  /** Calls from before it are not recorded; null for none. */
  acceptsFrom: Date | null;
}

/** Those of the tenants that exist, also while they are being deleted. */
export async function existingTenants(
  em: SqlEntityManager,
  ids: readonly TenantId[],
): Promise<Map<TenantId, ExistingTenant>> {
  const { rows } = await sql<{ tenant_id: TenantId; budget_revision: string; accepts_ms: string | null }>`
    select tenant_id, budget_revision, extract(epoch from accepts_from) * 1000 as accepts_ms
    from rollup_mark where tenant_id = any(${[...ids]}::text[])`.execute(inSession(em));
  return new Map(
    rows.map(({ tenant_id: id, budget_revision: revision, accepts_ms: at }) => [
      id,
      { revision, acceptsFrom: at === null ? null : new Date(Number(at)) },
    ]),
  );
}

const marked = sql.raw(prepared);

/** Sends a statement that writes to the ledger as storing calls does, and stores none: it fails and waits like that one. */
export async function storeNothing(em: SqlEntityManager): Promise<void> {
  await sql`
    insert into usage_call (tenant_id, request_id) select tenant_id, tenant_id from rollup_mark where false`.execute(
    inSession(em),
  );
}

/** Marks a call as void; false when it is already void or does not exist. */
export async function markVoid(
  em: SqlEntityManager,
  tenantId: TenantId,
  requestId: string,
  mark: { at: Date; by: string; reason: string },
): Promise<boolean> {
  const batch = uuidv7();
  const { rows } = await sql`
    with voided as (
      update usage_call set voided_at = ${mark.at.toISOString()}::timestamptz, voided_by = ${mark.by},
        void_reason = ${mark.reason}, void_batch_id = ${batch}::uuid
      where tenant_id = ${tenantId} and request_id = ${requestId} and voided_at is null
      returning tenant_id
    ), waiting as (
      insert into unfolded (tenant_id, batch_id, calls) select tenant_id, ${batch}::uuid, 0 from voided
    )
    select from voided`.execute(inSession(em));
  return rows.length === 1;
}

/** Stored calls by key, in one statement. */
export async function findCalls(em: SqlEntityManager, keys: readonly CallKey[]): Promise<Call[]> {
  if (keys.length === 0) return [];
  const records = keys.map(({ tenantId, requestId }) => ({ tenant_id: tenantId, request_id: requestId }));
  // A join, since PostgreSQL takes more than a second to plan a thousand pairs in an "in (…)".
  const { rows } = await sql<Record<string, unknown>>`
    select usage_call.*
    from json_to_recordset(${JSON.stringify(records)}::json) as key(tenant_id text, request_id text)
    join usage_call using (tenant_id, request_id)`.execute(inSession(em));
  return rows.map((row) => em.map(CallEntity, row));
}
