import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { notVoidInSummaries, inSummaries } from './folded-sql.ts';
import {
  addCallsSql,
  deleteTouchedSql,
  insertTouchedFromFinerSql,
  insertTouchedSql,
  preparedColumns,
} from './level-sql.ts';
import { levels } from './levels.ts';
import type { Fragment } from './summary-sql.ts';

/** A batch that was taken from those that wait; whoever took it adds it to the summaries in the same transaction. */
export interface Batch {
  tenantId: TenantId;
  batchId: string;
  /** Calls that it recorded; 0 for a void. */
  calls: number;
}

/**
 * Locks tenants with something to fold, at most so many, until the transaction ends, and returns them: those first that
 * have waited longest. Tenants that another instance folds are passed over.
 */
export async function lockPendingTenants(
  em: SqlEntityManager,
  limit: number,
  except: readonly TenantId[] = [],
): Promise<TenantId[]> {
  const { rows } = await sql<{ tenant_id: TenantId }>`
    select mark.tenant_id
    from rollup_mark mark
    cross join lateral (
      select batch_id from unfolded where unfolded.tenant_id = mark.tenant_id order by batch_id limit 1
    ) oldest
    where mark.tenant_id <> all(${except}::text[])
    order by oldest.batch_id
    limit ${limit}
    for no key update of mark skip locked`.execute(inSession(em));
  return rows.map((row) => row.tenant_id);
}

/** Locks a tenant against every fold until the transaction ends; waits for the one that runs. False without the tenant. */
export async function lockTenantSummaries(em: SqlEntityManager, tenantId: TenantId): Promise<boolean> {
  const { rows } = await sql`select from rollup_mark where tenant_id = ${tenantId} for no key update`.execute(
    inSession(em),
  );
  return rows.length === 1;
}

/** Takes what waits of locked tenants, the oldest first, about `limit` calls in all, and one batch at least. */
export async function takeBatches(
  em: SqlEntityManager,
  tenantIds: readonly TenantId[],
  limit: number,
): Promise<Batch[]> {
  const { rows } = await sql<{ tenant_id: TenantId; batch_id: string; calls: number }>`
    with waiting as (
      select tenant_id, batch_id, calls from unfolded
      where tenant_id = any(${tenantIds}::text[])
      order by batch_id, tenant_id
      limit ${limit}
    ), counted as (
      select tenant_id, batch_id, sum(calls) over (order by batch_id, tenant_id) - calls as calls_before from waiting
    )
    delete from unfolded using counted
    where unfolded.tenant_id = counted.tenant_id and unfolded.batch_id = counted.batch_id
      and calls_before < ${limit}
    returning unfolded.tenant_id, unfolded.batch_id, unfolded.calls`.execute(inSession(em));
  return rows.map((row) => ({ tenantId: row.tenant_id, batchId: row.batch_id, calls: row.calls }));
}

/** Adds the calls of batches that were taken to the summaries. The ledger is read once, by batch. */
export async function addCalls(em: SqlEntityManager, batches: readonly Batch[]): Promise<void> {
  const tenantIds = batches.map(({ tenantId }) => tenantId);
  const batchIds = batches.map(({ batchId }) => batchId);
  const taken = sql`
    select call.* from unnest(${tenantIds}::text[], ${batchIds}::uuid[]) as batch (tenant_id, batch_id)
    cross join lateral (
      select ${preparedColumns} from usage_call
      where usage_call.tenant_id = batch.tenant_id and usage_call.batch_id = batch.batch_id
        and ${notVoidInSummaries(sql`batch.tenant_id`)}
      offset 0
    ) call`;
  await sql`
    with taken as materialized (${taken}),
    ${sql.join(levels.map((level) => sql`${sql.raw(`added_${level.table}`)} as (${addCallsSql(level, sql`taken`)})`))}
    select`.execute(inSession(em));
}

/**
 * Makes the summaries of a tenant again that hold calls which were voided: a smallest and a largest value cannot be taken
 * back. The finest grain of a level is made from calls, each other one from the one before.
 */
export async function renewVoided(em: SqlEntityManager, tenantId: TenantId, voids: readonly string[]): Promise<void> {
  const tenant = sql`${tenantId}`;
  const voided: Fragment = sql`
    usage_call where usage_call.tenant_id = ${tenant} and usage_call.void_batch_id = any(${voids}::uuid[])`;
  for (const level of levels)
    for (const [index, grain] of level.grains.entries()) {
      const finer = level.grains[index - 1];
      await deleteTouchedSql(tenantId, level, grain, voided).execute(inSession(em));
      await (
        finer
          ? insertTouchedFromFinerSql(tenantId, level, grain, finer, voided)
          : insertTouchedSql(tenantId, level, grain, voided, inSummaries(tenant))
      ).execute(inSession(em));
    }
}

/** The calls of a tenant that its summaries hold, prepared for being summed up. */
export const foldedCalls = (tenantId: TenantId): Fragment => sql`(
  select ${preparedColumns} from usage_call
  where usage_call.tenant_id = ${tenantId} and ${inSummaries(sql`${tenantId}`)}) call`;

/**
 * Deletes the summaries of a locked tenant and makes them again from its ledger, with all that waits. What is recorded
 * meanwhile goes on waiting.
 */
export async function makeSummaries(em: SqlEntityManager, tenantId: TenantId): Promise<void> {
  await sql`delete from unfolded where tenant_id = ${tenantId}`.execute(inSession(em));
  const calls = foldedCalls(tenantId);
  for (const level of levels) {
    await sql`delete from ${sql.raw(level.table)} where tenant_id = ${tenantId}`.execute(inSession(em));
    await addCallsSql(level, calls).execute(inSession(em));
  }
}
