import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import { inLongTransaction, inTransaction } from '../database/transaction.ts';
import { holdUpCounting } from '../limits/budget.repository.ts';
import type { TenantId } from '../values/identifier.ts';

/** How far a tenant's calls have left its ledger, and how long it keeps them. */
export interface RetentionState {
  tenantId: TenantId;
  /** Days that calls are kept for; null where the setting of the platform applies. */
  retentionDays: number | null;
  /** Calls from before it are not recorded any more. */
  acceptsFrom: Date | null;
  /** Calls from before it are in summaries alone. */
  completeFrom: Date | null;
  /** Time of the oldest call that is in the table of calls, whether or not it has left the ledger. */
  firstCall: Date | null;
}

const instant = (ms: string | null) => (ms === null ? null : new Date(Number(ms)));

/** How far the calls of tenants have left their ledgers, ordered by tenant; of all tenants where none are named. */
export async function findStates(
  em: SqlEntityManager,
  tenantIds: readonly TenantId[] | undefined,
): Promise<RetentionState[]> {
  const whose = tenantIds ? sql`where mark.tenant_id = any(${tenantIds}::text[])` : sql``;
  const { rows } = await sql<{
    tenant_id: TenantId;
    retention_days: number | null;
    accepts_ms: string | null;
    complete_ms: string | null;
    first_ms: string | null;
  }>`
    select mark.tenant_id, tenant.retention_days, extract(epoch from mark.accepts_from) * 1000 as accepts_ms,
      extract(epoch from mark.complete_from) * 1000 as complete_ms, extract(epoch from (
        select min(occurred_at) from usage_call where usage_call.tenant_id = mark.tenant_id)) * 1000 as first_ms
    from rollup_mark mark
    join tenant on tenant.tenant_id = mark.tenant_id
    ${whose}
    order by mark.tenant_id`.execute(inSession(em));
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    retentionDays: row.retention_days,
    acceptsFrom: instant(row.accepts_ms),
    completeFrom: instant(row.complete_ms),
    firstCall: instant(row.first_ms),
  }));
}

/** How many calls of a tenant are from before an instant, voided ones and earlier versions included. */
export async function countCallsBefore(em: SqlEntityManager, tenantId: TenantId, before: Date): Promise<number> {
  const { rows } = await sql<{ calls: string }>`
    select count(*) as calls from usage_call
    where tenant_id = ${tenantId} and occurred_at < ${before.toISOString()}::timestamptz`.execute(inSession(em));
  return Number(rows[0]?.calls ?? 0);
}

/**
 * Has calls of a tenant from before an instant neither recorded nor changed from now on. It waits for those that are being
 * recorded or changed; afterwards there are no more of them than it has.
 */
export const refuseBefore = (em: SqlEntityManager, tenantId: TenantId, horizon: Date): Promise<void> =>
  inLongTransaction(em, async (em) => {
    if (!(await holdUpCounting(em, tenantId))) return;
    const at = horizon.toISOString();
    await sql`
      update rollup_mark set accepts_from = greatest(accepts_from, ${at}::timestamptz)
      where tenant_id = ${tenantId}`.execute(inSession(em));
  });

/** Deletes some of the calls that are in summaries alone, the oldest first, and commits; returns how many they were. */
export const forgetCalls = (em: SqlEntityManager, tenantId: TenantId, most: number): Promise<number> =>
  inTransaction(em, async (em) => {
    const { rows } = await sql<{ calls: number }>`
      select forget_calls(${tenantId}::text, ${most}::integer) as calls`.execute(inSession(em));
    return rows[0]?.calls ?? 0;
  });

/** Lets the statements of a transaction take as long as they need. */
export async function liftTimeLimit(em: SqlEntityManager): Promise<void> {
  await sql`set local statement_timeout = 0`.execute(inSession(em));
}
