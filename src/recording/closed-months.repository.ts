import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal } from '../values/money.ts';
import type { AdjustmentReason } from './closed-month.entity.ts';
import { changesOf, type ClosedMonth, type StatedCall } from './closed-months.ts';

/** The closed months of tenants, in the order of time. A tenant without any is left out. */
export async function findClosedMonths(
  em: SqlEntityManager,
  tenantIds: readonly TenantId[],
): Promise<Map<TenantId, ClosedMonth[]>> {
  const { rows } = await sql<{ tenant_id: TenantId; month: string; from_ms: string; to_ms: string }>`
    select tenant_id, month::text as month, extract(epoch from from_at) * 1000 as from_ms,
      extract(epoch from to_at) * 1000 as to_ms
    from closed_month
    where tenant_id = any(${[...tenantIds]}::text[])
    order by tenant_id, from_at`.execute(inSession(em));
  const found = new Map<TenantId, ClosedMonth[]>();
  for (const { tenant_id, month, from_ms, to_ms } of rows) {
    const months = found.get(tenant_id) ?? [];
    months.push({ month, from: new Date(Number(from_ms)), to: new Date(Number(to_ms)) });
    found.set(tenant_id, months);
  }
  return found;
}

/**
 * Notes what becomes of closed months when calls of a tenant no longer count and others do instead, in the transaction of the
 * act that changes them. The tenant's closed months must be held.
 */
export async function noteAdjustments(
  em: SqlEntityManager,
  tenantId: TenantId,
  {
    gone,
    come,
    reason,
    at,
  }: { gone: readonly StatedCall[]; come: readonly StatedCall[]; reason: AdjustmentReason; at: Date },
): Promise<void> {
  const closed = (await findClosedMonths(em, [tenantId])).get(tenantId) ?? [];
  const changes = changesOf(closed, gone, come);
  if (changes.length === 0) return;
  const records = changes.map(({ month, provider, model, calls, costUsd }) => ({
    month,
    provider,
    model,
    calls,
    cost_usd: formatDecimal(costUsd),
  }));
  await sql`
    insert into adjustment (tenant_id, at, adjustment_id, month, reason, provider, model, calls, cost_usd)
    select ${tenantId}, ${at.toISOString()}::timestamptz, gen_random_uuid(), month, ${reason}, provider, model, calls, cost_usd
    from json_to_recordset(${JSON.stringify(records)}::json)
      as change(month date, provider text, model text, calls bigint, cost_usd numeric)
    on conflict do nothing`.execute(inSession(em));
}
