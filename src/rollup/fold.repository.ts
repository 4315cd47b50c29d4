import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { inSummaries, isLive, notVoidInSummaries } from './folded-sql.ts';
import {
  addCallsSql,
  clockOfTenant,
  deleteTouchedSql,
  insertTouchedFromFinerSql,
  insertTouchedSql,
  preparedColumns,
} from './level-sql.ts';
import { noteLedgerChanges } from './ledger-version.repository.ts';
import { finerOf, grainsOf, levelsWith, tableLevels, type Grain, type Level, type OptionalLevel } from './levels.ts';
import { fewestWeighed, mostUnweighed } from './levels-that-pay.ts';
import { makingsFor, successively, type HeldLevels, type Summarised } from './makings.ts';
import type { Fragment } from './summary-sql.ts';
import { noteTags, noteTagsAnew, noteTagsSql } from './used-tags.repository.ts';

/** A batch that was taken from those that wait; whoever took it adds it to the summaries in the same transaction. */
export interface Batch {
  tenantId: TenantId;
  batchId: string;
  /** Calls that it recorded; 0 for a void. */
  calls: number;
}

/**
 * Locks tenants with something to fold, at most so many, until the transaction ends, and returns them with the optional
 * levels that they have: those first that have waited longest. Tenants that another instance folds are passed over.
 */
export async function lockPendingTenants(
  em: SqlEntityManager,
  limit: number,
  except: readonly TenantId[] = [],
): Promise<HeldLevels> {
  const { rows } = await sql<Summarised & { tenant_id: TenantId }>`
    select mark.tenant_id, mark.levels, mark.clock
    from rollup_mark mark
    cross join lateral (
      select batch_id from unfolded where unfolded.tenant_id = mark.tenant_id order by batch_id limit 1
    ) oldest
    where mark.tenant_id <> all(${except}::text[])
    order by oldest.batch_id
    limit ${limit}
    for no key update of mark skip locked`.execute(inSession(em));
  return new Map(rows.map(({ tenant_id, ...row }) => [tenant_id, row]));
}

/** What a locked tenant has, and where its ledger begins. */
export interface LockedTenant extends Summarised {
  /** Calls from before it are in summaries alone; null for none. */
  completeFrom: Date | null;
}

/**
 * Locks a tenant against every fold until the transaction ends, and returns what it has; waits for the fold that runs.
 * Undefined without the tenant.
 */
export async function lockTenantSummaries(em: SqlEntityManager, tenantId: TenantId): Promise<LockedTenant | undefined> {
  const { rows } = await sql<Summarised & { complete_ms: string | null }>`
    select levels, clock, extract(epoch from complete_from) * 1000 as complete_ms
    from rollup_mark where tenant_id = ${tenantId} for no key update`.execute(inSession(em));
  return rows.map(({ levels, clock, complete_ms: ms }) => ({
    levels,
    clock,
    completeFrom: ms === null ? null : new Date(Number(ms)),
  }))[0];
}

/**
 * Takes what waits of locked tenants, the oldest first, about `limit` calls in all, and one batch at least. Of each tenant
 * no more batches are looked at than `eachAtMost`, whatever has piled up.
 */
export async function takeBatches(
  em: SqlEntityManager,
  tenantIds: readonly TenantId[],
  limit: number,
  eachAtMost: number,
): Promise<Batch[]> {
  const { rows } = await sql<{ tenant_id: TenantId; batch_id: string; calls: number }>`
    with waiting as (
      select oldest.*
      from unnest(${tenantIds}::text[]) as locked (tenant_id)
      cross join lateral (
        select tenant_id, batch_id, calls from unfolded
        where unfolded.tenant_id = locked.tenant_id
        order by batch_id
        limit ${eachAtMost}
      ) oldest
    ), counted as (
      select tenant_id, batch_id, sum(calls) over (order by batch_id, tenant_id) - calls as calls_before from waiting
    )
    delete from unfolded using counted
    where unfolded.tenant_id = counted.tenant_id and unfolded.batch_id = counted.batch_id
      and calls_before < ${limit}
    returning unfolded.tenant_id, unfolded.batch_id, unfolded.calls`.execute(inSession(em));
  return rows.map((row) => ({ tenantId: row.tenant_id, batchId: row.batch_id, calls: row.calls }));
}

/** Adds the calls of batches that were taken to the summaries that their tenants have. The ledger is read once, by batch. */
export async function addCalls(em: SqlEntityManager, batches: readonly Batch[], held: HeldLevels): Promise<void> {
  const tenantIds = batches.map(({ tenantId }) => tenantId);
  const batchIds = batches.map(({ batchId }) => batchId);
  const clocks = batches.map(({ tenantId }) => held.get(tenantId)?.clock ?? null);
  const taken = sql`
    select call.*, batch.clock
    from unnest(${tenantIds}::text[], ${batchIds}::uuid[], ${clocks}::text[]) as batch (tenant_id, batch_id, clock)
    cross join lateral (
      select ${preparedColumns} from usage_call
      where usage_call.tenant_id = batch.tenant_id and usage_call.batch_id = batch.batch_id
        and ${notVoidInSummaries(sql`batch.tenant_id`)}
      offset 0
    ) call`;
  const levels = levelsWith([...held.values()].flatMap(({ levels }) => levels));
  const added = levels.flatMap((level, index) => {
    const makings = makingsFor(level, held);
    const table = sql.raw(`added_${index + 1}`);
    return makings.length > 0 ? [sql`${table} as (${addCallsSql(level, makings, sql`taken`)})`] : [];
  });
  await sql`with taken as materialized (${taken}), ${sql.join(added)}, ${noteTagsSql(sql`taken`)} select`.execute(
    inSession(em),
  );
}

/**
 * Notes which batches of locked tenants were folded, and returns those tenants that are to be weighed: they have grown to
 * twice as many calls as when they last were, or have levels whose rows may have become as many as their calls.
 */
export async function countFolded(em: SqlEntityManager, batches: readonly Batch[]): Promise<TenantId[]> {
  const tenantIds = batches.map(({ tenantId }) => tenantId);
  const calls = batches.map((batch) => batch.calls);
  const { rows } = await sql<{ tenant_id: TenantId; grown: boolean }>`
    update rollup_mark mark
    set folded_calls = folded_calls + of_tenant.calls, folded_changes = folded_changes + of_tenant.changes
    from (
      select tenant_id, sum(calls) as calls, count(*) as changes
      from unnest(${tenantIds}::text[], ${calls}::int[]) as batch (tenant_id, calls)
      group by tenant_id
    ) of_tenant
    where mark.tenant_id = of_tenant.tenant_id
    returning mark.tenant_id, of_tenant.calls > 0 and folded_calls >= least(
      greatest(2 * weighed_calls, ${fewestWeighed}::int),
      case when array_to_string(levels, ' ') ~ '(TAG:|USER_)' then weighed_calls + ${mostUnweighed}::int end
    ) as grown`.execute(inSession(em));
  return rows.flatMap(({ tenant_id, grown }) => (grown ? [tenant_id] : []));
}

/**
 * Makes the summaries of a tenant again that hold calls which were voided: a smallest and a largest value cannot be taken
 * back. A grain is made from a finer one of its level that the tenant has, the finest ones from calls.
 */
export async function renewVoided(
  em: SqlEntityManager,
  tenantId: TenantId,
  has: readonly OptionalLevel[],
  voids: readonly string[],
): Promise<void> {
  await renewSummaries(
    em,
    tenantId,
    has,
    sql`
      usage_call cross join (select ${clockOfTenant(tenantId)}) own
      where usage_call.tenant_id = ${tenantId} and usage_call.void_batch_id = any(${voids}::uuid[])`,
  );
}

/**
 * Makes the summaries of a locked tenant again that the calls in `touched` belong to: a FROM clause that names their columns
 * and the `clockOfTenant`.
 */
export async function renewSummaries(
  em: SqlEntityManager,
  tenantId: TenantId,
  has: readonly OptionalLevel[],
  touched: Fragment,
): Promise<void> {
  const tenant = sql`${tenantId}`;
  for (const level of levelsWith(has)) {
    const grains = grainsOf(level, has);
    for (const grain of grains) {
      const finer = finerOf(grain, grains);
      await deleteTouchedSql(tenantId, level, grain, touched).execute(inSession(em));
      await (
        finer
          ? insertTouchedFromFinerSql(tenantId, level, grain, finer, touched)
          : insertTouchedSql(tenantId, level, grain, touched, inSummaries(tenant))
      ).execute(inSession(em));
    }
  }
}

/** The calls of a tenant's ledger that its summaries hold, prepared for being summed up. */
export const foldedCalls = (tenantId: TenantId): Fragment => sql`(
  select ${preparedColumns}, ${clockOfTenant(tenantId)} from usage_call
  where usage_call.tenant_id = ${tenantId} and ${isLive(tenantId, 'occurred_at')} and ${inSummaries(sql`${tenantId}`)}) call`;

/**
 * Deletes the summaries of a locked tenant and makes those again that it has, from its ledger, with all that waits. What
 * is recorded meanwhile goes on waiting. What stays of calls that left the ledger is not touched, but where a year has both.
 */
export async function makeSummaries(
  em: SqlEntityManager,
  tenantId: TenantId,
  has: readonly OptionalLevel[],
  completeFrom: Date | null,
): Promise<void> {
  const { numAffectedRows = 0n } = await sql`delete from unfolded where tenant_id = ${tenantId}`.execute(inSession(em));
  await noteLedgerChanges(em, tenantId, Number(numAffectedRows));
  for (const { table } of tableLevels)
    await sql`delete from ${sql.raw(table)} where tenant_id = ${tenantId} and ${isLive(tenantId, 'starts_at')}`.execute(
      inSession(em),
    );
  for (const level of levelsWith(has)) {
    const grains = grainsOf(level, has);
    await makeGrains(em, tenantId, level, grains);
    if (!completeFrom || !grains.includes('YEAR')) continue;
    const year = sql`(select ${completeFrom.toISOString()}::timestamptz as occurred_at) horizon`;
    await deleteTouchedSql(tenantId, level, 'YEAR', year).execute(inSession(em));
    await insertTouchedFromFinerSql(tenantId, level, 'YEAR', 'MONTH', year).execute(inSession(em));
  }
  if (completeFrom) await noteTags(em, foldedCalls(tenantId));
  else await noteTagsAnew(em, tenantId, foldedCalls(tenantId));
}

/** Makes grains of a level of a locked tenant from its ledger, where there are none of them, without what waits. */
export async function makeGrains(
  em: SqlEntityManager,
  tenantId: TenantId,
  level: Level,
  grains: readonly Grain[],
): Promise<void> {
  if (grains.length > 0) await addCallsSql(level, successively(grains), foldedCalls(tenantId)).execute(inSession(em));
}
