import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { BudgetEventEntity, type BudgetEvent } from './budget.entity.ts';

/**
 * Which events are looked for: an event has the time at which its transaction began, and may be committed as much later as
 * the longest transactions take, those that apply a repricing.
 */
const recent = sql`at > now() - interval '1 hour'`;

/** What changes with the recent events of budgets of tenants; one that does not exist is left out. */
export async function readEventVersions(
  em: SqlEntityManager,
  tenantIds: readonly TenantId[],
): Promise<Map<TenantId, string>> {
  const { rows } = await sql<{ tenant_id: TenantId; version: string }>`
    select mark.tenant_id, (
      select concat(count(*), ' ', bit_xor(hashtextextended(event_id, 0))) from budget_event
      where budget_event.tenant_id = mark.tenant_id and ${recent}
    ) as version
    from rollup_mark mark
    where mark.tenant_id = any(${[...tenantIds]}::text[])`.execute(inSession(em));
  return new Map(rows.map(({ tenant_id, version }) => [tenant_id, version]));
}

/** Recent events of a tenant but for those that are known, oldest first, as many as asked for. */
export async function listRecentEvents(
  em: SqlEntityManager,
  tenantId: TenantId,
  known: readonly string[],
  first: number,
): Promise<BudgetEvent[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from budget_event
    where tenant_id = ${tenantId} and ${recent} and event_id <> all(${[...known]}::text[])
    order by at, event_id
    limit ${first}`.execute(inSession(em));
  return rows.map((row) => em.map(BudgetEventEntity, row));
}
