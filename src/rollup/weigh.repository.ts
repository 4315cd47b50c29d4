import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { dimension, keyOfCall, ledgerColumn } from './dimensions.ts';
import { makeGrains } from './fold.repository.ts';
import { removeLive } from './keep.repository.ts';
import { startOf } from './level-sql.ts';
import {
  isLocal,
  levelsWith,
  localUnits,
  optionalLevel,
  optionalLevels,
  readByLevel,
  tableLevels,
  tagLevel,
  type Grain,
  type Level,
} from './levels.ts';
import { fewestWeighed, type Weight } from './levels-that-pay.ts';
import type { Summarised } from './makings.ts';
import { clockNameSql } from './local-clock.ts';

/** Calls that a tenant is weighed by: its latest ones, which tell best what is to come. */
const weighedCalls = 20_000;

/**
 * Months are counted back from the latest call, so that none of them has just begun. There are as many days and months on
 * any clock as on that of UTC.
 */
const periodOf = (grain: Grain) => {
  const unit = isLocal(grain) ? localUnits[grain] : grain;
  return unit === 'MONTH'
    ? `floor(extract(epoch from max(occurred_at) over () - occurred_at) / ${31 * 86_400})`
    : startOf(unit, 'occurred_at');
};

const rowsOf = (level: Level, grain: Grain) => {
  const key = [`${periodOf(grain)} as period`, ...level.dimensions.map((name) => keyOfCall(dimension(name)))];
  const rows = `(select count(*)::int from (select distinct ${key.join(', ')} from latest) summary)`;
  if (level.about === undefined) return rows;
  return `(select case when exists (select from latest where ${ledgerColumn(dimension(level.about))} is not null) then ${rows} end)`;
};

/** How a tenant's latest calls would be summed up. */
export async function weighCalls(em: SqlEntityManager, tenantId: TenantId): Promise<Weight> {
  const columns = optionalLevels.map(({ code, level, grain }) => `'${code}', ${rowsOf(level, grain)}`);
  const { rows } = await sql<{ calls: number; rows: Weight['rows']; tags: Record<string, number> }>`
    with latest as materialized (
      select ${sql.raw(['occurred_at', ...new Set(tableLevels.flatMap(readByLevel))].join(', '))} from usage_call
      where tenant_id = ${tenantId} and voided_at is null
      order by occurred_at desc
      limit ${weighedCalls}
    )
    select (select count(*)::int from latest) as calls, json_build_object(${sql.raw(columns.join(', '))}) as rows,
      (${sql.raw(tagRows)}) as tags`.execute(inSession(em));
  const [weight] = rows;
  if (!weight) throw new Error('A select without from has a row.');
  return { calls: weight.calls, rows: { ...weight.rows, ...weight.tags } };
}

/**
 * How many rows the calls would be in each level of each tag that they have, by the level's name; a day or a month in
 * which a call is without the tag counts as one more.
 */
const tagRows = `
  select coalesce(json_object_agg(code, rows), '{}')
  from (${tagLevel('any')
    .optional.map(
      (grain) => `
        select 'TAG:' || name || '_${grain}' as code,
          count(distinct (period, value)) + (
            select count(distinct period) from (select ${periodOf(grain)} as period from latest) every) as rows
        from (
          select ${periodOf(grain)} as period, tag.key as name, tag.value
          from latest cross join jsonb_each_text(tags) as tag
        ) tagged
        group by name`,
    )
    .join(' union all ')}) weighed`;

/** Notes the optional levels that a locked tenant has now, and that it was weighed with the calls that are folded. */
export async function saveLevels(
  em: SqlEntityManager,
  tenantId: TenantId,
  { levels, clock }: Summarised,
): Promise<void> {
  await sql`
    update rollup_mark set levels = ${levels}::text[], clock = ${clock}, weighed_calls = folded_calls
    where tenant_id = ${tenantId}`.execute(inSession(em));
}

/**
 * Some of the tenants that are to be weighed though no call may come to tell: those that have never been, and those that
 * have another clock by now.
 */
export async function findUnweighed(em: SqlEntityManager, limit: number): Promise<TenantId[]> {
  const { rows } = await sql<{ tenant_id: TenantId }>`
    select tenant_id
    from rollup_mark
    join tenant using (tenant_id)
    where folded_calls >= ${fewestWeighed}::int and clock is distinct from ${sql.raw(clockNameSql('timezone', 'complete_from'))}
    limit ${limit}`.execute(inSession(em));
  return rows.map((row) => row.tenant_id);
}

/** Counts the calls of a locked tenant that are folded from its summaries. */
export async function recountFolded(em: SqlEntityManager, tenantId: TenantId): Promise<void> {
  await sql`
    update rollup_mark set (folded_calls, weighed_calls) = (
      select coalesce(sum(calls), 0), coalesce(sum(calls), 0) from tenant_summary
      where tenant_summary.tenant_id = ${tenantId} and grain = 'MONTH'
    )
    where tenant_id = ${tenantId}`.execute(inSession(em));
}

/**
 * Gives a locked tenant the optional levels in `to` instead of those in `from`, without what waits to be folded. What stays
 * of calls that left the ledger is not touched.
 */
export async function changeLevels(
  em: SqlEntityManager,
  tenantId: TenantId,
  from: Summarised,
  to: Summarised,
): Promise<void> {
  const changed = (level: Level, some: Summarised, others: Summarised) =>
    level.optional.filter((grain) => {
      const code = optionalLevel(level, grain);
      const stays = others.levels.includes(code) && (!isLocal(grain) || others.clock === some.clock);
      return some.levels.includes(code) && !stays;
    });
  await saveLevels(em, tenantId, to);
  for (const level of levelsWith([...from.levels, ...to.levels])) {
    const gone = changed(level, from, to);
    await removeLive(em, tenantId, level, gone);
    await makeGrains(em, tenantId, level, changed(level, to, from));
  }
}
