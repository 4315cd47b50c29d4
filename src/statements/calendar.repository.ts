import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantLedger } from '../tenancy/tenant-removal.repository.ts';
import type { Tenant } from '../tenancy/tenant.entity.ts';
import type { TenantId } from '../values/identifier.ts';
import type { FixedMonth, StatementCalendar, ZoneFrom } from './statement-month.ts';

type Zoned = Pick<Tenant, 'id' | 'timezone'>;

/** What tells the months of tenants apart, in the order of the tenants. */
export async function findCalendars(em: SqlEntityManager, tenants: readonly Zoned[]): Promise<StatementCalendar[]> {
  const ids = tenants.map(({ id }) => id);
  const { rows: months } = await sql<{
    tenant_id: TenantId;
    month: string;
    from_ms: string;
    to_ms: string;
    closed_ms: string | null;
  }>`
    select tenant_id, month::text as month, extract(epoch from from_at) * 1000 as from_ms,
      extract(epoch from to_at) * 1000 as to_ms, extract(epoch from closed_at) * 1000 as closed_ms
    from closed_month where tenant_id = any(${ids}::text[])`.execute(inSession(em));
  const { rows: zones } = await sql<ZoneFrom & { tenant_id: TenantId }>`
    select tenant_id, month::text as month, timezone
    from statement_zone where tenant_id = any(${ids}::text[])
    order by tenant_id, month`.execute(inSession(em));
  const fixed = Map.groupBy(months, ({ tenant_id }) => tenant_id);
  const changes = Map.groupBy(zones, ({ tenant_id }) => tenant_id);
  return tenants.map(({ id, timezone }) => ({
    timezone,
    zones: changes.get(id) ?? [],
    fixed: new Map(
      (fixed.get(id) ?? []).map(({ month, from_ms, to_ms, closed_ms }): [string, FixedMonth] => [
        month,
        {
          from: new Date(Number(from_ms)),
          to: new Date(Number(to_ms)),
          closedAt: closed_ms === null ? null : new Date(Number(closed_ms)),
        },
      ]),
    ),
  }));
}

/** Fixes the borders of a month that is going to be closed. */
export async function insertClosedMonth(
  em: SqlEntityManager,
  tenantId: TenantId,
  { month, from, to }: { month: string; from: Date; to: Date },
): Promise<void> {
  await sql`
    insert into closed_month (tenant_id, month, from_at, to_at)
    values (${tenantId}, ${month}::date, ${from.toISOString()}::timestamptz, ${to.toISOString()}::timestamptz)
    on conflict do nothing`.execute(inSession(em));
}

export async function markClosed(em: SqlEntityManager, tenantId: TenantId, month: string, at: Date): Promise<void> {
  await sql`
    update closed_month set closed_at = ${at.toISOString()}::timestamptz
    where tenant_id = ${tenantId} and month = ${month}::date and closed_at is null`.execute(inSession(em));
}

/** Keeps by which clocks a tenant's months end. */
export async function saveZones(em: SqlEntityManager, tenantId: TenantId, zones: readonly ZoneFrom[]): Promise<void> {
  await sql`delete from statement_zone where tenant_id = ${tenantId}`.execute(inSession(em));
  await sql`
    insert into statement_zone (tenant_id, month, timezone)
    select ${tenantId}, month, timezone
    from json_to_recordset(${JSON.stringify(zones)}::json) as zone(month date, timezone text)
    on conflict do nothing`.execute(inSession(em));
}

/** Statements that hold calls keep a tenant from being deleted, as the calls do, which may be gone by then. */
export const statedCalls: TenantLedger = {
  async hasCalls(em, id) {
    const { rows } = await sql<{ found: boolean }>`
      select exists (select from statement_line where tenant_id = ${id})
        or exists (select from statement_adjustment where tenant_id = ${id}) as found`.execute(inSession(em));
    return rows[0]?.found === true;
  },
};
