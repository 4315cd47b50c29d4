import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import type { Fragment } from './summary-sql.ts';

/**
 * About how many names of tags, and values of each, a tenant's pickers know: the first that came, and those of the same
 * step of folding. Reports know all.
 */
const known = { names: 1_000, values: 1_000 };

/** Named queries that note which tags the calls in `calls`, a FROM clause, have. */
export const noteTagsSql = (calls: Fragment): Fragment => sql`
  used_tags as materialized (
    select tenant_id, tag.key as name, tag.value, max(occurred_at) as last_seen_at
    from ${calls} cross join lateral jsonb_each_text(tags) tag
    where tags is not null
    group by 1, 2, 3
  ), used_names as materialized (
    select used.*, (
        select count(*) from (
          select from tag_value other where other.tenant_id = used.tenant_id and other.name = used.name limit ${known.values}
        ) others
      ) as known_values, (
        select count(*) from (select from tag_name other where other.tenant_id = used.tenant_id limit ${known.names}) others
      ) as known_names
    from (select tenant_id, name, max(last_seen_at) as last_seen_at from used_tags group by 1, 2) used
  ), noted_names as (
    insert into tag_name (tenant_id, name, last_seen_at)
    select tenant_id, name, last_seen_at
    from used_names
    where known_names < ${known.names}
      or exists (select from tag_name same where same.tenant_id = used_names.tenant_id and same.name = used_names.name)
    order by 1, 2
    on conflict (tenant_id, name) do update set last_seen_at = greatest(tag_name.last_seen_at, excluded.last_seen_at)
  ), noted_values as (
    insert into tag_value (tenant_id, name, value)
    select tenant_id, name, value
    from used_tags
    join used_names using (tenant_id, name)
    where used_names.known_values < ${known.values}
    order by 1, 2, 3
    on conflict do nothing
  )`;

/** Notes anew which tags the calls of a locked tenant have. */
export async function noteTagsAnew(em: SqlEntityManager, tenantId: TenantId, calls: Fragment): Promise<void> {
  for (const table of ['tag_name', 'tag_value'])
    await sql`delete from ${sql.raw(table)} where tenant_id = ${tenantId}`.execute(inSession(em));
  await noteTags(em, calls);
}

/** Notes which tags calls have, besides those that are known. */
export async function noteTags(em: SqlEntityManager, calls: Fragment): Promise<void> {
  await sql`with ${noteTagsSql(calls)} select`.execute(inSession(em));
}

/** What calls that are not folded yet have of tags. */
const waiting = (tenantId: TenantId): Fragment => sql`
  unfolded
  cross join lateral (
    select occurred_at, tags from usage_call
    where usage_call.tenant_id = ${tenantId} and usage_call.batch_id = unfolded.batch_id and tags is not null
    offset 0
  ) call
  cross join lateral jsonb_each_text(tags) tag
  where unfolded.tenant_id = ${tenantId} and unfolded.calls > 0`;

/** A name of tags that a tenant's calls have, and when the newest of them was made. */
export interface UsedTag {
  name: string;
  lastSeenAt: Date;
}

/** Names of tags that a tenant's calls have, in order, behind `after`. */
export async function listUsedTags(
  em: SqlEntityManager,
  tenantId: TenantId,
  { first, after }: { first: number; after: string | undefined },
): Promise<UsedTag[]> {
  const { rows } = await sql<{ name: string; last_seen_ms: string }>`
    select name, extract(epoch from max(last_seen_at)) * 1000 as last_seen_ms
    from (
      select name, last_seen_at from tag_name where tag_name.tenant_id = ${tenantId}
      union all
      select tag.key collate "C", occurred_at from ${waiting(tenantId)}
    ) used
    where name > ${after ?? ''}
    group by name
    order by name
    limit ${first}`.execute(inSession(em));
  return rows.map((row) => ({ name: row.name, lastSeenAt: new Date(Number(row.last_seen_ms)) }));
}

/** Values of a tag that a tenant's calls have and that begin with a text, in order. */
export async function listTagValues(
  em: SqlEntityManager,
  tenantId: TenantId,
  { name, prefix, first }: { name: string; prefix: string; first: number },
): Promise<string[]> {
  const { rows } = await sql<{ value: string }>`
    select value
    from (
      select value from tag_value where tag_value.tenant_id = ${tenantId} and tag_value.name = ${name}
      union
      select tag.value collate "C" from ${waiting(tenantId)} and tag.key = ${name}
    ) used
    where starts_with(value, ${prefix})
    order by value
    limit ${first}`.execute(inSession(em));
  return rows.map(({ value }) => value);
}
