import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import type { Leaving } from './kept-levels.ts';
import { addCallsSql, preparedColumns } from './level-sql.ts';
import { ofLevel, type Grain, type Level } from './levels.ts';
import { isLive } from './folded-sql.ts';
import { successively } from './makings.ts';
import type { Fragment } from './summary-sql.ts';

/** Most values of a tag in a month, and most tags, of which summaries stay: those with the fewest values. */
export const mostKept = { valuesOfTag: 1_000, tags: 64 };

/** The calls of a tenant's ledger from before an instant, voided ones included. */
const leaving = (tenantId: TenantId, until: Date): Fragment => sql`
  usage_call
  where usage_call.tenant_id = ${tenantId} and ${isLive(tenantId, 'occurred_at')}
    and occurred_at < ${until.toISOString()}::timestamptz`;

/** What of a tenant's calls from before an instant decides which summaries of them stay; none of a personal tag does. */
export async function readLeaving(
  em: SqlEntityManager,
  tenantId: TenantId,
  until: Date,
  personalTags: readonly string[],
): Promise<Pick<Leaving, 'hasUsers' | 'tags'>> {
  const { rows } = await sql<{ has_users: boolean; tags: string[] }>`
    select exists (select from ${leaving(tenantId, until)} and user_id is not null and voided_at is null) as has_users,
      array(
        select name
        from (
          select tag.key as name, date_trunc('month', occurred_at, 'UTC') as month, count(distinct tag.value) as of_month
          from (
            select occurred_at, tags from ${leaving(tenantId, until)} and tags is not null and voided_at is null offset 0
          ) tagged
          cross join lateral jsonb_each_text(tags) tag
          where tag.key <> all(${[...personalTags]}::text[])
          group by 1, 2
        ) used
        group by name
        having max(of_month) <= ${mostKept.valuesOfTag}
        order by max(of_month), name
        limit ${mostKept.tags}
      ) as tags`.execute(inSession(em));
  return { hasUsers: rows[0]?.has_users ?? false, tags: rows[0]?.tags ?? [] };
}

/** Removes grains of a level of a locked tenant, from the begin of its ledger on. */
export async function removeLive(
  em: SqlEntityManager,
  tenantId: TenantId,
  level: Level,
  grains: readonly Grain[],
): Promise<void> {
  if (grains.length === 0) return;
  await sql`
    delete from ${sql.raw(level.table)}
    where tenant_id = ${tenantId} and grain = any(${grains}::text[]) ${sql.raw(ofLevel(level))}
      and ${isLive(tenantId, 'starts_at')}`.execute(inSession(em));
}

/**
 * Makes grains of a level of a locked tenant, of which it has none, of its calls from before an instant, all of which are
 * folded.
 * @param clock name of the clock of local days and months.
 */
export async function makeKept(
  em: SqlEntityManager,
  tenantId: TenantId,
  { level, grains, until, clock }: { level: Level; grains: readonly Grain[]; until: Date; clock: string },
): Promise<void> {
  if (grains.length === 0) return;
  const calls = sql`(
    select ${preparedColumns}, ${clock}::text as clock from ${leaving(tenantId, until)} and voided_at is null) call`;
  await addCallsSql(level, successively(grains), calls).execute(inSession(em));
}

/** Whether calls from before an instant, or voids of such calls, wait to be folded. */
export async function hasUnfolded(em: SqlEntityManager, tenantId: TenantId, until: Date): Promise<boolean> {
  const of = (column: 'batch_id' | 'void_batch_id') => sql`
    exists (
      select from unfolded
      cross join lateral (
        select from usage_call
        where usage_call.tenant_id = ${tenantId} and usage_call.${sql.raw(column)} = unfolded.batch_id
          and occurred_at < ${until.toISOString()}::timestamptz
        limit 1
      ) call
      where unfolded.tenant_id = ${tenantId})`;
  const { rows } = await sql<{ waits: boolean }>`
    select ${of('batch_id')} or ${of('void_batch_id')} as waits`.execute(inSession(em));
  return rows[0]?.waits === true;
}

/** Moves the begin of a locked tenant's ledger: calls from before it are in summaries alone. */
export async function moveBegin(
  em: SqlEntityManager,
  tenantId: TenantId,
  completeFrom: Date,
  clock: string,
): Promise<void> {
  await sql`
    update rollup_mark set complete_from = ${completeFrom.toISOString()}::timestamptz, clock = ${clock}
    where tenant_id = ${tenantId}`.execute(inSession(em));
}
