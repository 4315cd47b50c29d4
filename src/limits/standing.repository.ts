import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
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
  /** Exact text. */
  spent: string;
}

/** What budgets' values come to in a period, the most first, equal ones by value; for all pages in one statement. */
export async function listStandings(em: SqlEntityManager, pages: readonly StandingsPage[]): Promise<Standing[][]> {
  const asked = pages.map(({ tenantId, budgetId, periodStart, first, after }, no) => ({
    no,
    tenant_id: tenantId,
    budget_id: budgetId,
    period_start: periodStart.toISOString(),
    take: first,
    after_spent: after?.spent,
    after_value: after?.value,
  }));
  const { rows } = await sql<{ no: number; value: string; spent: string }>`
    select q.no, c.value, c.spent::text as spent
    from json_to_recordset(${JSON.stringify(asked)}::json) as q(no int, tenant_id text, budget_id text,
      period_start timestamptz, take int, after_spent numeric, after_value text)
    cross join lateral (
      select value, spent from budget_counter
      where budget_counter.tenant_id = q.tenant_id and budget_counter.budget_id = q.budget_id
        and budget_counter.period_start = q.period_start
        and (q.after_spent is null or spent < q.after_spent or spent = q.after_spent and value > q.after_value)
      order by spent desc, value
      limit q.take
    ) c
    order by q.no, c.spent desc, c.value`.execute(inSession(em));
  const lists: Standing[][] = pages.map(() => []);
  for (const { no, ...row } of rows) lists[no]?.push(row);
  return lists;
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
