import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { dimension, keyOfCall } from './dimensions.ts';
import { makeGrains } from './fold.repository.ts';
import { startOf } from './level-sql.ts';
import { levels, optionalLevel, optionalLevels, type Grain, type Level, type OptionalLevel } from './levels.ts';
import type { Weight } from './levels-that-pay.ts';

/** Calls that a tenant is weighed by: its latest ones, which tell best what is to come. */
const weighedCalls = 20_000;

/** Months are counted back from the latest call, so that none of them has just begun. */
const periodOf = (grain: Grain) =>
  grain === 'MONTH'
    ? `floor(extract(epoch from max(occurred_at) over () - occurred_at) / ${31 * 86_400})`
    : startOf(grain, 'occurred_at');

const rowsOf = (level: Level, grain: Grain) => {
  const key = [`${periodOf(grain)} as period`, ...level.dimensions.map((name) => keyOfCall(dimension(name)))];
  return `(select count(*)::int from (select distinct ${key.join(', ')} from latest) summary)`;
};

/** How a tenant's latest calls would be summed up. */
export async function weighCalls(em: SqlEntityManager, tenantId: TenantId): Promise<Weight> {
  const columns = optionalLevels.map(({ code, level, grain }) => `'${code}', ${rowsOf(level, grain)}`);
  const { rows } = await sql<Weight>`
    with latest as materialized (
      select occurred_at, agent_id, provider, model, channel_id from usage_call
      where tenant_id = ${tenantId} and voided_at is null
      order by occurred_at desc
      limit ${weighedCalls}
    )
    select (select count(*)::int from latest) as calls, json_build_object(${sql.raw(columns.join(', '))}) as rows`.execute(
    inSession(em),
  );
  const [weight] = rows;
  if (!weight) throw new Error('A select without from has a row.');
  return weight;
}

/** Notes the optional levels that a locked tenant has now, and that it was weighed with the calls that are folded. */
export async function saveLevels(
  em: SqlEntityManager,
  tenantId: TenantId,
  has: readonly OptionalLevel[],
): Promise<void> {
  await sql`
    update rollup_mark set levels = ${has}::text[], weighed_calls = folded_calls where tenant_id = ${tenantId}`.execute(
    inSession(em),
  );
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

/** Gives a locked tenant the optional levels in `to` instead of those in `from`, without what waits to be folded. */
export async function changeLevels(
  em: SqlEntityManager,
  tenantId: TenantId,
  from: readonly OptionalLevel[],
  to: readonly OptionalLevel[],
): Promise<void> {
  const changed = (level: Level, some: readonly OptionalLevel[], others: readonly OptionalLevel[]) =>
    level.optional.filter((grain) => {
      const code = optionalLevel(level, grain);
      return some.includes(code) && !others.includes(code);
    });
  for (const level of levels) {
    const gone = changed(level, from, to);
    if (gone.length > 0)
      await sql`
        delete from ${sql.raw(level.table)} where tenant_id = ${tenantId} and grain = any(${gone}::text[])`.execute(
        inSession(em),
      );
    await makeGrains(em, tenantId, level, changed(level, to, from));
  }
  await saveLevels(em, tenantId, to);
}
