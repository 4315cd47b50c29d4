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
  /** What reservations hold. */
  reserved: Decimal;
  resetsAt: Date | null;
}

const standingsLoader = (context: RequestContext) =>
  batchLoader<StandingsPage, Standing[]>(
    (pages) => listStandings(context.em, pages, context.now),
    (page) => JSON.stringify(page),
  );

/** Reads a cursor of states. @throws {ValidationError} on `after`. */
export function readStatesPage({ first, after }: Page<string[]>): Page<{ spent: string; value: string }> {
  const [spent = '', value = ''] = after ?? [];
  if (after && !parseDecimal(spent)) throw notACursor();
  return { first, after: after && { spent, value } };
}

/** The state of a budget by what is spent and reserved of it. */
export function toState(
  budget: Budget,
  { value, spent: text, reserved }: Standing,
  resetsAt: Date | null,
): BudgetStanding {
  const spent = new Big(text);
  const shown = budget.eachDimension ? value : null;
  return { budget, value: shown, spent, reserved: new Big(reserved), resetsAt, ...budgetState(budget.limit, spent) };
}

/** States of a budget in the period that is running, the highest ratio first, equal ones by value. */
export async function loadStates(
  context: RequestContext,
  budget: Budget,
  page: Page<{ spent: string; value: string }>,
): Promise<Connection<BudgetStanding>> {
  const { start, end } = periodAt(budget, context.now);
  const { tenantId, id: budgetId } = budget;
  const found = await context.once(standingsLoader).load({
    tenantId,
    budgetId,
    periodStart: start,
    first: page.first + 1,
    after: page.after ?? null,
  });
  const isWhole = !budget.eachDimension;
  const standings = isWhole && found.length === 0 && !page.after ? [{ value: '', spent: '0', reserved: '0' }] : found;
  const states = standings.map((standing) => toState(budget, standing, end));
  return toConnection(states, page, ({ spent, value }) => [formatDecimal(spent), value ?? '']);
}
