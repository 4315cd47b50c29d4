import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import { erasedUser } from '../values/erased.ts';
import type { TenantId } from '../values/identifier.ts';
import { BudgetEventEntity, type BudgetEvent } from './budget.entity.ts';

/** Which values of a budget are asked for: the next ones after one, by what was spent of them. */
export interface StandingsPage {
  tenantId: TenantId;
  budgetId: string;
  /** Begin of the period. */
  periodStart: Date;
  first: number;
  after: { spent: string; value: string } | null;
}

export interface Standing {
  value: string;
  /** Exact text, as that of `reserved`. */
  spent: string;
  /** What reservations hold. */
  reserved: string;
}

/** What budgets' values come to in a period, the most first, equal ones by value, erased ones left out; for all pages in one statement. */
export async function listStandings(
  em: SqlEntityManager,
  pages: readonly StandingsPage[],
  now: Date,
): Promise<Standing[][]> {
  const asked = pages.map(({ tenantId, budgetId, periodStart, first, after }, no) => ({
    no,
    tenant_id: tenantId,
    budget_id: budgetId,
    period_start: periodStart.toISOString(),
    take: first,
    after_spent: after?.spent,
    after_value: after?.value,
  }));
  const { rows } = await sql<Standing & { no: number }>`
    select q.no, c.value, c.spent::text as spent, c.reserved::text as reserved
    from json_to_recordset(${JSON.stringify(asked)}::json) as q(no int, tenant_id text, budget_id text,
      period_start timestamptz, take int, after_spent numeric, after_value text)
    cross join lateral (
      select value, spent, reserved
      from (
        select value, sum(spent) as spent, sum(reserved) as reserved
        from (
          select value, spent, 0 as reserved from budget_counter
          where budget_counter.tenant_id = q.tenant_id and budget_counter.budget_id = q.budget_id
            and budget_counter.period_start = q.period_start
          union all
          select value, 0, amount from budget_hold
          where budget_hold.tenant_id = q.tenant_id and budget_hold.budget_id = q.budget_id
            and budget_hold.expires_at > ${now.toISOString()}::timestamptz
        ) part
        group by value
      ) standing
      where value <> ${sql.lit(erasedUser)} and (q.after_spent is null or spent < q.after_spent or spent = q.after_spent and value > q.after_value)
      order by spent desc, value
      limit q.take
    ) c
    order by q.no, c.spent desc, c.value`.execute(inSession(em));
  const lists: Standing[][] = pages.map(() => []);
  for (const { no, ...row } of rows) lists[no]?.push(row);
  return lists;
}

/** What of a budget, or one of its values, is asked for in a period. */
export type StandingKey = Pick<StandingsPage, 'budgetId' | 'periodStart'> & { value: string };

/** What is spent and reserved of budgets, in the order given, all in one statement. */
export async function findStandings(
  em: SqlEntityManager,
  tenantId: TenantId,
  keys: readonly StandingKey[],
  now: Date,
): Promise<Standing[]> {
  if (keys.length === 0) return [];
  const asked = keys.map(({ budgetId, periodStart, value }, no) => ({
    no,
    budget_id: budgetId,
    period_start: periodStart.toISOString(),
    value,
  }));
  const { rows } = await sql<Standing>`
    select q.value,
      coalesce((
        select spent from budget_counter
        where budget_counter.tenant_id = ${tenantId} and budget_counter.budget_id = q.budget_id
          and budget_counter.period_start = q.period_start and budget_counter.value = q.value
      ), 0)::text as spent,
      coalesce((
        select sum(amount) from budget_hold
        where budget_hold.tenant_id = ${tenantId} and budget_hold.budget_id = q.budget_id
          and budget_hold.value = q.value and budget_hold.expires_at > ${now.toISOString()}::timestamptz
      ), 0)::text as reserved
    from json_to_recordset(${JSON.stringify(asked)}::json) as q(no int, budget_id text, period_start timestamptz, value text)
    order by q.no`.execute(inSession(em));
  return rows;
}

/** Events of a tenant, or of one of its budgets, newest first, as many as asked for. */
export async function listBudgetEvents(
  em: SqlEntityManager,
  tenantId: TenantId,
  {
    budgetId,
    first,
    after,
  }: { budgetId: string | undefined; first: number; after: { at: Date; id: string } | undefined },
): Promise<BudgetEvent[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from budget_event
    where tenant_id = ${tenantId}
      ${budgetId === undefined ? sql`` : sql`and budget_id = ${budgetId}`}
      ${after ? sql`and (at, event_id) < (${after.at.toISOString()}::timestamptz, ${after.id})` : sql``}
    order by at desc, event_id desc limit ${first}`.execute(inSession(em));
  return rows.map((row) => em.map(BudgetEventEntity, row));
}
