import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { Budget } from './budget.entity.ts';
import { beginningOfTotal } from './budget-period.ts';
import { addedUp } from './counter-sql.ts';

/** Adds up the hours of a budget before one, and keeps those from it on. Counting must be held up. */
export async function keepHoursFrom(
  em: SqlEntityManager,
  { tenantId, id }: Pick<Budget, 'tenantId' | 'id'>,
  first: Date,
): Promise<void> {
  const at = first.toISOString();
  const earlier = beginningOfTotal.toISOString();
  await sql`
    with gone as (
      delete from budget_counter
      where tenant_id = ${tenantId} and budget_id = ${id} and period_start > ${earlier}::timestamptz
        and period_start < ${at}::timestamptz
      returning value, spent, calls
    )
    insert into budget_counter (tenant_id, budget_id, period_start, value, spent, calls)
    select ${tenantId}, ${id}, ${earlier}::timestamptz, value, sum(spent), sum(calls) from gone group by value
    on conflict (tenant_id, budget_id, period_start, value) do update set ${addedUp}`.execute(inSession(em));
  await sql`
    update budget set counts_from = ${at}::timestamptz
    where tenant_id = ${tenantId} and budget_id = ${id}`.execute(inSession(em));
}
