import { Big } from 'big.js';
import type { RequestContext } from '../caller/request-context.ts';
import { notACursor, toConnection, type Connection, type Page } from '../graphql/connection.ts';
import { batchLoader } from '../graphql/loader.ts';
import type { Budget } from '../limits/budget.entity.ts';
import { periodAt } from '../limits/budget-period.ts';
import { listStandings, type Standing, type StandingsPage } from '../limits/standing.repository.ts';
import { formatDecimal, parseDecimal, type Decimal } from '../values/money.ts';
import { budgetState, type BudgetState } from './budget-state.ts';

/** How a budget, or one of its values, stands in the period that is running. */
export interface BudgetStanding extends BudgetState {
  budget: Budget;
  /** Null for a budget that is not for each value of something. */
  value: string | null;
  spent: Decimal;
  resetsAt: Date | null;
}

const standingsLoader = (context: RequestContext) =>
  batchLoader<StandingsPage, Standing[]>(
    (pages) => listStandings(context.em, pages),
    (page) => JSON.stringify(page),
  );

/** Reads a cursor of states. @throws {ValidationError} on `after`. */
export function readStatesPage({ first, after }: Page<string[]>): Page<{ spent: string; value: string }> {
  const [spent = '', value = ''] = after ?? [];
  if (after && !parseDecimal(spent)) throw notACursor();
  return { first, after: after && { spent, value } };
}

/** States of a budget in the period that is running, the highest ratio first, equal ones by value. */
export async function loadStates(
  context: RequestContext,
  budget: Budget,
  page: Page<{ spent: string; value: string }>,
): Promise<Connection<BudgetStanding>> {
  const { start, end } = periodAt(budget, context.now);
  const { tenantId, id: budgetId, limit } = budget;
  const found = await context.once(standingsLoader).load({
    tenantId,
    budgetId,
    periodStart: start,
    first: page.first + 1,
    after: page.after ?? null,
  });
  const isWhole = !budget.eachDimension;
  const standings = isWhole && found.length === 0 && !page.after ? [{ value: '', spent: '0' }] : found;
  const states = standings.map(({ value, spent: text }): BudgetStanding => {
    const spent = new Big(text);
    return { budget, value: isWhole ? null : value, spent, resetsAt: end, ...budgetState(limit, spent) };
  });
  return toConnection(states, page, ({ spent, value }) => [formatDecimal(spent), value ?? '']);
}
