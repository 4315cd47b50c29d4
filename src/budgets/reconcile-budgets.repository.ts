import { sql, type RawBuilder } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { Budget, BudgetDimension, BudgetMetric } from '../limits/budget.entity.ts';
import { beginningOfTotal, periodAt, type PeriodSpan } from '../limits/budget-period.ts';
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
  /** Of a budget that watches for spikes, which counts calls as well; null for the others. */
  storedCalls: number | null;
  expectedCalls: number | null;
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
  const { tenantId, id, scopeDimension, scopeValues, eachDimension, metric, spikeFloor } = budget;
  const { starts: all, end } = spansOf(budget, now);
  const starts = all.filter((start) => !completeFrom || new Date(start) >= completeFrom);
  const [first] = starts;
  if (first === undefined) return [];
  const { rows } = await sql<Row>`
    with starts as (select ${starts}::timestamptz[] as at), ledger as (
      select starts.at[width_bucket(occurred_at, starts.at)] as period_start,
        ${eachDimension ? keyOf(eachDimension) : sql`''`} as value, ${amounts[metric]} as spent,
        ${spikeFloor ? sql`count(*)` : sql`null::bigint`} as calls
      from usage_call cross join starts
      where usage_call.tenant_id = ${tenantId} and voided_at is null and occurred_at >= ${first}::timestamptz
        ${end ? sql`and occurred_at < ${end}::timestamptz` : sql``}
        ${scopeDimension ? sql`and ${keyOf(scopeDimension)} = any(${scopeValues}::text[])` : sql``}
        ${eachDimension ? sql`and ${keyOf(eachDimension)} <> ''` : sql``}
      group by 1, 2
    ), counter as (
      select period_start, value, spent, calls from budget_counter
      where tenant_id = ${tenantId} and budget_id = ${id}
        ${completeFrom ? sql`and period_start >= ${completeFrom.toISOString()}::timestamptz` : sql``}
    )
    select value, extract(epoch from period_start) * 1000 as period_ms, counter.spent::text as stored,
      coalesce(ledger.spent, 0)::text as expected, counter.calls::text as stored_calls,
      ${spikeFloor ? sql`coalesce(ledger.calls, 0)` : sql`null`}::text as expected_calls
    from ledger full join counter using (period_start, value)
    where coalesce(ledger.spent, 0) <> coalesce(counter.spent, 0)
      or coalesce(ledger.calls, 0) <> coalesce(counter.calls, 0)
    order by period_start, value`.execute(inSession(em));
  return rows.map((row) => ({
    tenantId,
    budgetId: id,
    value: row.value,
    periodStart: new Date(Number(row.period_ms)),
    stored: row.stored,
    expected: row.expected,
    storedCalls: row.stored_calls === null ? null : Number(row.stored_calls),
    expectedCalls: row.expected_calls === null ? null : Number(row.expected_calls),
  }));
}

interface Row {
  value: string;
  period_ms: string;
  stored: string | null;
  expected: string;
  stored_calls: string | null;
  expected_calls: string | null;
}

/** Calls may be that much later than now, and more where a clock is wrong. */
const furthestAheadMs = 3_600_000;

/** Begins of all periods in which a budget counts, one after the other, and when the last one ends, in ISO notation. */
function spansOf(budget: Budget, now: Date): { starts: string[]; end: string | undefined } {
  const spans: PeriodSpan[] = [];
  for (let at: Date | null = budget.countsFrom; at && at.getTime() < now.getTime() + furthestAheadMs;) {
    const span = periodAt(budget, at);
    spans.push(span);
    at = span.end;
  }
  const starts = [...(budget.spikeFloor ? [beginningOfTotal] : []), ...spans.map(({ start }) => start)];
  return { starts: starts.map((start) => start.toISOString()), end: spans.at(-1)?.end?.toISOString() };
}
