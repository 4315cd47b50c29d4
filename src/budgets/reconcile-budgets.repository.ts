import { sql, type RawBuilder } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { Budget, BudgetDimension, BudgetMetric } from '../limits/budget.entity.ts';
import { periodAt, type PeriodSpan } from '../limits/budget-period.ts';
import { findBudgets } from '../limits/budget.repository.ts';
import { dimension, keyOfCall } from '../rollup/dimensions.ts';
import { findCompleteFrom } from '../tenancy/tenant.repository.ts';
import type { TenantId } from '../values/identifier.ts';

/** A counter of a budget that differs from what the ledger adds up to. */
export interface BudgetDifference {
  tenantId: TenantId;
  budgetId: string;
  /** Empty for a budget that is not for each value of something. */
  value: string;
  periodStart: Date;
  /** Exact text; null where there is no counter. */
  stored: string | null;
  expected: string;
}

const amounts: Record<BudgetMetric, RawBuilder<unknown>> = {
  COST_USD: sql`coalesce(sum(cost_usd), 0)`,
  TOTAL_TOKENS: sql`sum(input_tokens::numeric + output_tokens)`,
  CALLS: sql`count(*)::numeric`,
};

const keyOf = (name: BudgetDimension) => sql.raw(keyOfCall(dimension(name)));

/**
 * Compares the counters of a tenant's budgets with the ledger, which it reads from where they began to count. What counts calls
 * that have left the ledger is fixed, and has nothing to be compared with.
 */
export async function compareBudgets(em: SqlEntityManager, tenantId: TenantId, now: Date): Promise<BudgetDifference[]> {
  const found: BudgetDifference[] = [];
  const completeFrom = (await findCompleteFrom(em, [tenantId])).get(tenantId);
  for (const budget of await findBudgets(em, tenantId))
    found.push(...(await compareBudget(em, budget, now, completeFrom)));
  return found;
}

async function compareBudget(
  em: SqlEntityManager,
  budget: Budget,
  now: Date,
  completeFrom: Date | undefined,
): Promise<BudgetDifference[]> {
  const { tenantId, id, scopeDimension, scopeValues, eachDimension, metric } = budget;
  const spans = spansOf(budget, now).filter((span) => !completeFrom || span.starts_at >= completeFrom);
  const { rows } = await sql<{ value: string; period_ms: string; stored: string | null; expected: string }>`
    with ledger as (
      select span.starts_at as period_start, ${eachDimension ? keyOf(eachDimension) : sql`''`} as value,
        ${amounts[metric]} as spent
      from usage_call
      join json_to_recordset(${JSON.stringify(spans)}::json) as span(starts_at timestamptz, ends_at timestamptz)
        on occurred_at >= span.starts_at and (span.ends_at is null or occurred_at < span.ends_at)
      where usage_call.tenant_id = ${tenantId} and voided_at is null
        ${scopeDimension ? sql`and ${keyOf(scopeDimension)} = any(${scopeValues}::text[])` : sql``}
        ${eachDimension ? sql`and ${keyOf(eachDimension)} <> ''` : sql``}
      group by 1, 2
    ), counter as (
      select period_start, value, spent from budget_counter
      where tenant_id = ${tenantId} and budget_id = ${id}
        ${completeFrom ? sql`and period_start >= ${completeFrom.toISOString()}::timestamptz` : sql``}
    )
    select value, extract(epoch from period_start) * 1000 as period_ms, counter.spent::text as stored,
      coalesce(ledger.spent, 0)::text as expected
    from ledger full join counter using (period_start, value)
    where coalesce(ledger.spent, 0) <> coalesce(counter.spent, 0)
    order by period_start, value`.execute(inSession(em));
  return rows.map(({ value, period_ms: ms, stored, expected }) => ({
    tenantId,
    budgetId: id,
    value,
    periodStart: new Date(Number(ms)),
    stored,
    expected,
  }));
}

/** Calls may be that much later than now, and more where a clock is wrong. */
const furthestAheadMs = 3_600_000;

/** Every period in which a budget counts. */
function spansOf(budget: Budget, now: Date): { starts_at: Date; ends_at: Date | null }[] {
  const spans: PeriodSpan[] = [];
  for (let at: Date | null = budget.countsFrom; at && at.getTime() < now.getTime() + furthestAheadMs;) {
    const span = periodAt(budget, at);
    spans.push(span);
    at = span.end;
  }
  return spans.map(({ start, end }) => ({ starts_at: start, ends_at: end }));
}
