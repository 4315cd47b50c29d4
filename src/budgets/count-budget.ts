import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Budget } from '../limits/budget.entity.ts';
import { beginningOfTotal, periodAt, type PeriodSpan } from '../limits/budget-period.ts';
import { deleteBudgetRows, saveBudget, turnRevision } from '../limits/budget.repository.ts';
import { deleteCounters, insertCounters, noteReached } from '../limits/counter.repository.ts';
import { firstKeptHour } from '../limits/forget-hours.task.ts';
import type { TenantId } from '../values/identifier.ts';
import { countHours, countPeriod } from './spent.ts';

/** Calls may be a few minutes in the future, and so in a period that has not begun. */
const furthestAheadMs = 600_000;

/** Adds a budget and counts what its running period, or the hours before a spike, have come to. Counting must be held up. */
export async function addBudget(em: SqlEntityManager, budget: Budget, now: Date): Promise<void> {
  await saveBudget(em, budget);
  await count(em, budget, now);
  await changed(em, budget, now);
}

/** Changes a budget's name, limit, thresholds or action. Counting must be held up. */
export async function changeBudget(em: SqlEntityManager, budget: Budget, now: Date): Promise<void> {
  await saveBudget(em, budget);
  await changed(em, budget, now);
}

/** Has a budget follow another clock, by which its hours are counted again. Counting must be held up. */
export async function changeClock(
  em: SqlEntityManager,
  budget: Budget,
  zones: Budget['zones'],
  now: Date,
): Promise<void> {
  if (!budget.spikeFloor) return changeBudget(em, { ...budget, zones }, now);
  const following = { ...budget, zones };
  await deleteCounters(em, budget.tenantId, budget.id);
  await addBudget(em, { ...following, countsFrom: firstKeptHour(following, now) }, now);
}

async function count(em: SqlEntityManager, budget: Budget, now: Date): Promise<void> {
  if (!budget.spikeFloor) {
    for (const span of spansFrom(budget, now, now))
      await insertCounters(em, budget, await countPeriod(em, budget, span, now));
    return;
  }
  const earlier = { start: beginningOfTotal, end: budget.countsFrom };
  await insertCounters(em, budget, await countPeriod(em, budget, earlier, now));
  const hours = spansFrom(budget, budget.countsFrom, now);
  const borders = [...hours.map(({ start }) => start), ...hours.slice(-1).flatMap(({ end }) => end ?? [])];
  await insertCounters(em, budget, await countHours(em, budget, borders));
}

/** Periods from the one of an instant to the last one that may have calls. */
function spansFrom(budget: Budget, from: Date, now: Date): PeriodSpan[] {
  const spans: PeriodSpan[] = [];
  for (let at: Date | null = from; at && at.getTime() - now.getTime() < furthestAheadMs;) {
    const span = periodAt(budget, at);
    spans.push(span);
    at = span.end;
  }
  return spans;
}

async function changed(em: SqlEntityManager, budget: Budget, now: Date): Promise<void> {
  await noteReached(em, budget, periodAt(budget, now).start);
  await turnRevision(em, budget.tenantId);
}

/** Deletes a budget with all that was counted. Counting must be held up. */
export async function removeBudget(em: SqlEntityManager, tenantId: TenantId, id: string): Promise<void> {
  await deleteBudgetRows(em, tenantId, id);
  await turnRevision(em, tenantId);
}
