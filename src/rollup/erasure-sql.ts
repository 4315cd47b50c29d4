import { sql } from 'kysely';
import type { TenantId } from '../values/identifier.ts';
import { foldedCalls } from './fold.repository.ts';
import { isLive } from './folded-sql.ts';
import { allColumns, clockOfTenant, columnsOf, hashOf, list, ofCalls, startOf } from './level-sql.ts';
import { keyColumns, ofLevel, type Grain, type Level } from './levels.ts';
import { addToStored, type Fragment } from './summary-sql.ts';

/** Adds the summaries of a user to those of another one, and removes them. */
export function renameUserSql(tenantId: TenantId, level: Level, from: string, to: string): Fragment[] {
  const table = sql.raw(level.table);
  const columns = columnsOf(level).map((name) => (name === 'user_id' ? sql`${to}::text as user_id` : sql.raw(name)));
  const ofUser = sql`where tenant_id = ${tenantId} and user_id = ${from}`;
  return [
    sql`
      insert into ${table} as stored (${list(allColumns(level))})
      select ${list([...columnsOf(level), ...hashOf(level)])}
      from (select ${sql.join(columns)} from ${table} ${ofUser}) moved
      on conflict (${list(keyColumns(level))}) do update set ${addToStored}`,
    sql`delete from ${table} ${ofUser}`,
  ];
}

/** Makes the summaries of a grain again that are of times in which a user has calls, whatever else they are of. */
export function renewTimesSql(tenantId: TenantId, level: Level, grain: Grain, userId: string): Fragment[] {
  const table = sql.raw(level.table);
  const times = sql`(
    select ${sql.raw(startOf(grain, 'occurred_at'))}
    from (
      select occurred_at, ${clockOfTenant(tenantId)} from usage_call
      where usage_call.tenant_id = ${tenantId} and user_id = ${userId} and ${isLive(tenantId, 'occurred_at')}
    ) of_user)`;
  const calls = sql`(
    select * from ${foldedCalls(tenantId)} where ${sql.raw(startOf(grain, 'occurred_at'))} in ${times}) recorded`;
  return [
    sql`
      delete from ${table}
      where tenant_id = ${tenantId} and grain = ${grain} ${sql.raw(ofLevel(level))} and starts_at in ${times}`,
    sql`
      insert into ${table} (${list(allColumns(level))})
      select ${list([...columnsOf(level), ...hashOf(level)])} from (${ofCalls(level, grain, calls)}) made`,
  ];
}
