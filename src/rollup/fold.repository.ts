import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { addCallsSql, deleteTouchedSql, insertTouchedFromPartsSql, insertTouchedSql } from './level-sql.ts';
import { levels } from './levels.ts';
import type { Fragment } from './summary-sql.ts';
import { inSession } from '../database/session.ts';

/** What a tenant's summaries have not taken yet and may take now: that of transactions below `below`. */
export interface Pending {
  tenantId: TenantId;
  /** Calls that were recorded, counted up to the limit. */
  calls: number;
  hasVoids: boolean;
  below: string;
}

// None that commits later can have recorded anything below.
const oldestRunning = sql`(select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xid offset 0) oldest`;

const voidedBelowOldest = sql`
  exists (
    select from usage_call
    where usage_call.tenant_id = mark.tenant_id and voided_xid is not null
      and voided_xid >= mark.folded_below and voided_xid < oldest.xid
  )`;

/** Tenants of which there is something to fold, those first that have waited longest. */
export async function findPendingTenants(em: SqlEntityManager): Promise<TenantId[]> {
  const { rows } = await sql<{ tenant_id: TenantId }>`
    select mark.tenant_id
    from rollup_mark mark
    cross join ${oldestRunning}
    where exists (
      select from usage_call
      where usage_call.tenant_id = mark.tenant_id and recorded_xid >= mark.folded_below and recorded_xid < oldest.xid
    ) or ${voidedBelowOldest}
    order by mark.folded_below, mark.tenant_id`.execute(inSession(em));
  return rows.map((row) => row.tenant_id);
}

/**
 * How much there is to fold of tenants, in their order. Only transactions below the oldest one that still runs are
 * taken. Of a tenant with more calls than the limit the oldest transactions are taken, one at least.
 */
export async function measurePending(
  em: SqlEntityManager,
  tenantIds: readonly TenantId[],
  limit: number,
): Promise<Pending[]> {
  const { rows } = await sql<{ tenant_id: TenantId; calls: number; has_voids: boolean; below: string }>`
    select mark.tenant_id, recorded.calls, ${voidedBelowOldest} as has_voids,
      case
        when recorded.calls < ${limit} then oldest.xid
        when recorded.first < recorded.last then recorded.last
        else recorded.last + 1
      end as below
    from rollup_mark mark
    cross join ${oldestRunning}
    cross join lateral (
      select count(*)::int as calls, min(recorded_xid) as first, max(recorded_xid) as last
      from (
        select recorded_xid from usage_call
        where usage_call.tenant_id = mark.tenant_id
          and recorded_xid >= mark.folded_below and recorded_xid < oldest.xid
        order by recorded_xid limit ${limit}
      ) c
    ) recorded
    where mark.tenant_id = any(${tenantIds})
    order by mark.folded_below, mark.tenant_id`.execute(inSession(em));
  return rows.map((row) => ({ tenantId: row.tenant_id, calls: row.calls, hasVoids: row.has_voids, below: row.below }));
}

/** Sets how far the fold that follows in this transaction goes. */
export async function beginFold(em: SqlEntityManager, pending: readonly Pending[]): Promise<void> {
  const marks = pending.map(({ tenantId, below }) => ({ tenant_id: tenantId, below }));
  await sql`
    update rollup_mark set folding_below = folding.below
    from json_to_recordset(${JSON.stringify(marks)}::json) as folding(tenant_id text, below bigint)
    where rollup_mark.tenant_id = folding.tenant_id`.execute(inSession(em));
}

export async function endFold(em: SqlEntityManager): Promise<void> {
  await sql`update rollup_mark set folded_below = folding_below where folding_below > folded_below`.execute(
    inSession(em),
  );
}

/** Whether a call was not voided by a transaction that summaries up to the mark know of. */
export const notVoidedBelow = (mark: 'folded_below' | 'folding_below'): Fragment =>
  sql.raw(`(voided_xid is null or voided_xid >= mark.${mark})`);

/** Adds the calls that the fold takes to the summaries of their hours, days and months. */
export async function addNewCalls(em: SqlEntityManager): Promise<void> {
  const calls = sql`
    rollup_mark mark
    join usage_call on usage_call.tenant_id = mark.tenant_id
      and recorded_xid >= mark.folded_below and recorded_xid < mark.folding_below
    where mark.folding_below > mark.folded_below and ${notVoidedBelow('folding_below')}`;
  for (const level of levels) await addCallsSql(level, calls).execute(inSession(em));
}

/**
 * Makes the summaries anew that hold calls which were voided since: a smallest and a largest value cannot be taken
 * back. Hours and the details of days are made from calls, each other one from those that it adds up.
 */
export async function renewVoided(em: SqlEntityManager): Promise<void> {
  const voided = sql`
    rollup_mark mark
    join usage_call on usage_call.tenant_id = mark.tenant_id and voided_xid is not null
      and voided_xid >= mark.folded_below and voided_xid < mark.folding_below and recorded_xid < mark.folded_below
    where mark.folding_below > mark.folded_below`;
  const counted = sql`recorded_xid < mark.folding_below and ${notVoidedBelow('folding_below')}`;
  for (const level of levels)
    for (const [index, grain] of level.grains.entries()) {
      const finer = level.grains[index - 1];
      const parts = finer ? { table: level.table, grain: finer } : level.partsOf;
      await deleteTouchedSql(level, grain, voided).execute(inSession(em));
      await (
        parts ? insertTouchedFromPartsSql(level, grain, parts, voided) : insertTouchedSql(level, voided, counted)
      ).execute(inSession(em));
    }
}
