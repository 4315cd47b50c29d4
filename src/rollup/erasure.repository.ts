import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { PersonErasure } from '../audit/person-erasure.ts';
import { inSession } from '../database/session.ts';
import { erasedUser } from '../values/erased.ts';
import type { TenantId } from '../values/identifier.ts';
import { renameUserSql, renewTimesSql } from './erasure-sql.ts';
import { lockTenantSummaries } from './fold.repository.ts';
import { isLive } from './folded-sql.ts';
import { levelsOfTag } from './kept-levels.ts';
import { grainsOf, levelsWith, ofLevel, tableLevels, tagLevel, type OptionalLevel } from './levels.ts';

/**
 * Rewrites the keys of summaries by user: those of the person are added to those of all erased users, whether or not their
 * calls are still there. Summaries by a personal tag have their calls behind them and are made again, for the times in
 * which erased users have calls; what stays of calls that have left the ledger goes, as nobody can tell whose it is. The
 * tenant's summaries are locked, so that nothing is folded meanwhile.
 */
export const rollupErasure: PersonErasure = {
  async erase(em, { tenantId, userId, personalTags }) {
    const levels = (await lockTenantSummaries(em, tenantId))?.levels ?? [];
    for (const level of tableLevels)
      if (level.dimensions.includes('userId'))
        for (const statement of renameUserSql(tenantId, level, userId, erasedUser))
          await statement.execute(inSession(em));
    for (const tag of personalTags) {
      await renewTagLevel(em, tenantId, tag, levels);
      await forgetKeptTag(em, tenantId, tag);
    }
    await forgetUnusedValues(em, tenantId, personalTags);
  },
};

async function renewTagLevel(
  em: SqlEntityManager,
  tenantId: TenantId,
  tag: string,
  has: readonly OptionalLevel[],
): Promise<void> {
  const level = tagLevel(tag);
  if (!levelsWith(has).some(({ name }) => name === level.name)) return;
  for (const grain of grainsOf(level, has))
    for (const statement of renewTimesSql(tenantId, level, grain, erasedUser)) await statement.execute(inSession(em));
}

/** Removes summaries by a tag of calls that have left the ledger, from before the tag was marked as personal. */
async function forgetKeptTag(em: SqlEntityManager, tenantId: TenantId, tag: string): Promise<void> {
  const level = tagLevel(tag);
  await sql`
    delete from ${sql.raw(level.table)}
    where tenant_id = ${tenantId} ${sql.raw(ofLevel(level))} and not (${isLive(tenantId, 'starts_at')})`.execute(
    inSession(em),
  );
  await sql`
    update kept_span set levels = array(
      select code from unnest(levels) with ordinality as kept (code, place)
      where code <> all(${levelsOfTag(tag)}::text[]) order by place)
    where tenant_id = ${tenantId} and levels && ${levelsOfTag(tag)}::text[]`.execute(inSession(em));
}

/** Takes values of tags that no call has any more from what pickers offer. */
async function forgetUnusedValues(em: SqlEntityManager, tenantId: TenantId, tags: readonly string[]): Promise<void> {
  if (tags.length === 0) return;
  await sql`
    with used as materialized (
      select distinct tag.key as name, tag.value
      from usage_call cross join lateral jsonb_each_text(tags) tag
      where usage_call.tenant_id = ${tenantId} and tags is not null and tag.key = any(${tags}::text[])
    )
    delete from tag_value
    where tag_value.tenant_id = ${tenantId} and tag_value.name = any(${tags}::text[])
      and not exists (select from used where used.name = tag_value.name and used.value = tag_value.value)`.execute(
    inSession(em),
  );
}
