import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Budget } from '../limits/budget.entity.ts';
import { periodAt } from '../limits/budget-period.ts';
import { deleteBudgetRows, saveBudget, turnRevision } from '../limits/budget.repository.ts';
import { insertCounters, noteReached } from '../limits/counter.repository.ts';
import type { TenantId } from '../values/identifier.ts';
import { spentByReports } from './spent.ts';

/** Calls may be a few minutes in the future, and so in a period that has not begun. */
const furthestAheadMs = 600_000;

/** Adds a budget and counts what its running period has come to. Counting must be held up. */
export async function addBudget(em: SqlEntityManager, budget: Budget, now: Date): Promise<void> {
  await saveBudget(em, budget);
  for (let at: Date | null = now; at && at.getTime() - now.getTime() < furthestAheadMs;) {
    const span = periodAt(budget, at);
    const place = { budgetId: budget.id, periodStart: span.start };
    await insertCounters(em, budget.tenantId, place, await spentByReports(em, budget, span, now));
    at = span.end;
  }
  await changed(em, budget, now);
}

/** Changes a budget's name, limit, thresholds, action or clock. Counting must be held up. */
export async function changeBudget(em: SqlEntityManager, budget: Budget, now: Date): Promise<void> {
  await saveBudget(em, budget);
  await changed(em, budget, now);
}

async function changed(em: SqlEntityManager, budget: Budget, now: Date): Promise<void> {
  await noteReached(em, budget.tenantId, { budgetId: budget.id, periodStart: periodAt(budget, now).start });
  await turnRevision(em, budget.tenantId);
}

/** Deletes a budget with all that was counted. Counting must be held up. */
export async function removeBudget(em: SqlEntityManager, tenantId: TenantId, id: string): Promise<void> {
  await deleteBudgetRows(em, tenantId, id);
  await turnRevision(em, tenantId);
}
