import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import { reachedSql } from './counter-sql.ts';
import type { Touch } from './touched-budgets.ts';

/** Takes back what calls had added to counters. */
export async function takeBack(em: SqlEntityManager, touches: readonly Touch[]): Promise<void> {
  if (touches.length === 0) return;
  await sql`
    insert into budget_counter (tenant_id, budget_id, period_start, value, spent)
    select tenant_id, budget_id, period_start, value, -sum(amount)
    from json_to_recordset(${JSON.stringify(touches)}::json)
      as touched(tenant_id text, budget_id text, period_start timestamptz, value text, amount numeric)
    group by 1, 2, 3, 4
    order by tenant_id collate "C", budget_id collate "C", 3, value collate "C"
    on conflict (tenant_id, budget_id, period_start, value)
      do update set spent = budget_counter.spent + excluded.spent`.execute(inSession(em));
}

/** Takes back from counters what calls had added, and adds what they come to now; notes and tells of the thresholds that this reached. */
export async function moveCounts(em: SqlEntityManager, back: readonly Touch[], forth: readonly Touch[]): Promise<void> {
  if (back.length + forth.length === 0) return;
  const moved = [...back.map((touch) => ({ ...touch, sign: -1 })), ...forth.map((touch) => ({ ...touch, sign: 1 }))];
  await sql`
    with counted as (
      insert into budget_counter (tenant_id, budget_id, period_start, value, spent)
      select tenant_id, budget_id, period_start, value, sum(sign * amount)
      from json_to_recordset(${JSON.stringify(moved)}::json)
        as touched(tenant_id text, budget_id text, period_start timestamptz, value text, amount numeric, sign int)
      group by 1, 2, 3, 4
      order by tenant_id collate "C", budget_id collate "C", 3, value collate "C"
      on conflict (tenant_id, budget_id, period_start, value)
        do update set spent = budget_counter.spent + excluded.spent
      returning tenant_id, budget_id, period_start, value, spent
    ), ${reachedSql('counted')}
    select`.execute(inSession(em));
}

/** Writes counters of a period of a budget that has none yet. Counting must be held up. */
export async function insertCounters(
  em: SqlEntityManager,
  tenantId: TenantId,
  { budgetId, periodStart }: { budgetId: string; periodStart: Date },
  spent: ReadonlyMap<string, Decimal>,
): Promise<void> {
  const counters = [...spent].map(([value, amount]) => ({ value, spent: formatDecimal(amount) }));
  if (counters.length === 0) return;
  await sql`
    insert into budget_counter (tenant_id, budget_id, period_start, value, spent)
    select ${tenantId}, ${budgetId}, ${periodStart.toISOString()}::timestamptz, value, spent
    from json_to_recordset(${JSON.stringify(counters)}::json) as counter(value text, spent numeric)`.execute(
    inSession(em),
  );
}

/** Notes the thresholds that a budget has reached in a period, and tells of them. */
export async function noteReached(
  em: SqlEntityManager,
  tenantId: TenantId,
  { budgetId, periodStart }: { budgetId: string; periodStart: Date },
): Promise<void> {
  await sql`
    with standing as (
      select tenant_id, budget_id, period_start, value, spent from budget_counter
      where tenant_id = ${tenantId} and budget_id = ${budgetId}
        and period_start = ${periodStart.toISOString()}::timestamptz
    ), ${reachedSql('standing')}
    select`.execute(inSession(em));
}
