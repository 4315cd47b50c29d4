import { Big } from 'big.js';
import type { RequestContext } from '../caller/request-context.ts';
import { notACursor, toConnection, type Connection, type Page } from '../graphql/connection.ts';
import { batchLoader } from '../graphql/loader.ts';
import type { Budget } from '../limits/budget.entity.ts';
import { periodAt } from '../limits/budget-period.ts';
import { findStandings, listStandings, type Standing, type StandingsPage } from '../limits/standing.repository.ts';
import { parseDecimal, type Decimal } from '../values/money.ts';
import { budgetState, type BudgetState } from './budget-state.ts';
import { spikeFrom } from './spike.ts';

/** How a budget, or one of its values, stands in the period that is running. */
export interface BudgetStanding extends BudgetState {
  budget: Budget;
  /** Null for a budget that is not for each value of something. */
  value: string | null;
  spent: Decimal;
  /** What reservations hold. */
  reserved: Decimal;
  /** What is usual at the hour; null for a limit, and where there is less than a week of history. */
  usual: Decimal | null;
  /** Exact text of what values are ranked by. */
  rank: string;
  resetsAt: Date | null;
}

const standingsLoader = (context: RequestContext) =>
  batchLoader<StandingsPage, Standing[]>(
    (pages) => listStandings(context.em, pages, context.now),
    ({ budget: { tenantId, id }, periodStart, first, after }) =>
      JSON.stringify([tenantId, id, periodStart, first, after]),
  );

/** Reads a cursor of states. @throws {ValidationError} on `after`. */
export function readStatesPage({ first, after }: Page<string[]>): Page<{ rank: string; value: string }> {
  const [rank = '', value = ''] = after ?? [];
  if (after && !parseDecimal(rank)) throw notACursor();
  return { first, after: after && { rank, value } };
}

/** Nothing is a part of it. */
const unknown = new Big(0);

/** The state of a budget by what is spent and reserved of it. */
export function toState(
  budget: Budget,
  { value, spent: text, reserved, usual: usualText, rank }: Standing,
  resetsAt: Date | null,
): BudgetStanding {
  const spent = new Big(text);
  const usual = usualText === null ? null : new Big(usualText);
  return {
    budget,
    value: budget.eachDimension ? value : null,
    spent,
    reserved: new Big(reserved),
    usual,
    rank,
    resetsAt,
    ...budgetState(budget.limit ?? (usual ? spikeFrom(budget, usual) : unknown), spent),
  };
}

/** States of a budget in the period that is running, the highest ratio first, equal ones by value. */
export async function loadStates(
  context: RequestContext,
  budget: Budget,
  page: Page<{ rank: string; value: string }>,
): Promise<Connection<BudgetStanding>> {
  const { start, end } = periodAt(budget, context.now);
  const loader = context.once(standingsLoader);
  const found = await loader.load({ budget, periodStart: start, first: page.first + 1, after: page.after ?? null });
  const isWhole = !budget.eachDimension;
  const standings =
    isWhole && found.length === 0 && !page.after
      ? await findStandings(context.em, budget.tenantId, [{ budget, periodStart: start, value: '' }], context.now)
      : found;
  const states = standings.map((standing) => toState(budget, standing, end));
  return toConnection(states, page, ({ rank, value }) => [rank, value ?? '']);
}
