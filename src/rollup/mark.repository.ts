import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { levels } from './levels.ts';
import { inSession } from '../database/session.ts';

/** Any number, the same in every instance. */
const foldLock = 7_340_119_002;

/** Takes the lock of the one that folds until the transaction ends; false when another one has it. */
export async function tryFoldLock(em: SqlEntityManager): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(${foldLock}) as locked`.execute(inSession(em));
  return rows[0]?.locked === true;
}

/** Waits for the lock of the one that folds. */
export async function takeFoldLock(em: SqlEntityManager): Promise<void> {
  await sql`select pg_advisory_xact_lock(${foldLock})`.execute(inSession(em));
}

/** Lets the summaries of new tenants begin; they hold nothing yet. */
export async function addMissingMarks(em: SqlEntityManager): Promise<void> {
  await sql`
    insert into rollup_mark (tenant_id, folded_below, folding_below)
    select tenant_id, 0, 0 from tenant
    where not exists (select from rollup_mark where rollup_mark.tenant_id = tenant.tenant_id)
    on conflict do nothing`.execute(inSession(em));
}

/**
 * Forgets the summaries of a tenant; with its mark at zero, everything in its ledger is to be folded. Returns the
 * transaction's id.
 */
export async function clearSummaries(em: SqlEntityManager, tenantId: TenantId): Promise<string> {
  for (const { table } of levels)
    await sql`delete from ${sql.raw(table)} where tenant_id = ${tenantId}`.execute(inSession(em));
  const { rows } = await sql<{ xid: string }>`
    insert into rollup_mark (tenant_id, folded_below, folding_below) values (${tenantId}, 0, 0)
    on conflict (tenant_id) do update set folded_below = 0, folding_below = 0
    returning pg_current_xact_id()::text as xid`.execute(inSession(em));
  return rows[0]?.xid ?? '0';
}

/** Whether the summaries of a tenant hold all that transactions below one recorded. */
export async function isFoldedBelow(em: SqlEntityManager, tenantId: TenantId, xid: string): Promise<boolean> {
  const { rows } = await sql<{ unfolded: boolean }>`
    select exists (
      select from rollup_mark
      join usage_call on usage_call.tenant_id = rollup_mark.tenant_id
        and recorded_xid >= folded_below and recorded_xid < ${xid}::bigint
      where rollup_mark.tenant_id = ${tenantId}
    ) as unfolded`.execute(inSession(em));
  return rows[0]?.unfolded === false;
}

/**
 * Tenants with marks, or calls, of transactions that the server has not had yet: their rows were restored from a dump of
 * another one, and transaction ids tell nothing of them.
 */
export async function findRestoredTenants(em: SqlEntityManager): Promise<TenantId[]> {
  const { rows } = await sql<{ tenant_id: TenantId }>`
    select tenant.tenant_id
    from tenant
    cross join (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as xid offset 0) next
    where exists (
        select from rollup_mark where rollup_mark.tenant_id = tenant.tenant_id and folded_below > next.xid)
      or exists (
        select from usage_call where usage_call.tenant_id = tenant.tenant_id and recorded_xid > next.xid)
      or exists (
        select from usage_call
        where usage_call.tenant_id = tenant.tenant_id and voided_xid is not null and voided_xid > next.xid)
    order by tenant.tenant_id`.execute(inSession(em));
  return rows.map((row) => row.tenant_id);
}

/** Makes the calls of a tenant those of this transaction. */
export async function adoptCalls(em: SqlEntityManager, tenantId: TenantId): Promise<void> {
  await sql`
    update usage_call set
      recorded_xid = pg_current_xact_id()::text::bigint,
      voided_xid = case when voided_at is not null then pg_current_xact_id()::text::bigint end
    where tenant_id = ${tenantId}`.execute(inSession(em));
}
