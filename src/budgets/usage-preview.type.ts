import { Big } from 'big.js';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { builder } from '../graphql/builder.ts';
import { periodAt } from '../limits/budget-period.ts';
import { findBudgets } from '../limits/budget.repository.ts';
import { findStandings } from '../limits/standing.repository.ts';
import { touches } from '../limits/touched-budgets.ts';
import { UsagePreviewRef } from '../recording/record-usage.type.ts';
import type { Outcome } from '../recording/recording.service.ts';
import { toState, type BudgetStanding } from './budget-states.ts';
import { BudgetStateRef } from './budget.type.ts';

/** How the budgets would stand that a call touches; none where it would be rejected. */
async function standingsWith(em: SqlEntityManager, outcome: Outcome, now: Date): Promise<BudgetStanding[]> {
  if (outcome.outcome === 'REJECTED') return [];
  const { call } = outcome;
  const budgets = new Map((await findBudgets(em, call.tenantId)).map((budget) => [budget.id, budget]));
  const touched = touches([...budgets.values()], call);
  const keys = touched.flatMap(({ budget_id, period_start, value, amount }) => {
    const budget = budgets.get(budget_id);
    const periodStart = new Date(period_start);
    // Hours of long ago are not kept one by one.
    const isKept = budget && periodStart >= budget.countsFrom;
    return isKept ? [{ budget, value, amount, periodStart }] : [];
  });
  const standings = await findStandings(em, call.tenantId, keys, now);
  return standings.flatMap((standing, index) => {
    const { budget, amount } = keys[index] ?? {};
    if (!budget || !amount) return [];
    // A duplicate counts already.
    const more = outcome.outcome === 'RECORDED' ? amount : 0;
    const spent = new Big(standing.spent).plus(more).toFixed();
    return [toState(budget, { ...standing, spent }, periodAt(budget, call.occurredAt).end)];
  });
}

builder.objectField(UsagePreviewRef, 'budgets', (t) =>
  t.field({
    type: [BudgetStateRef],
    description: 'The budgets that the call touches, in the period that it is of, as they would stand.',
    resolve: (outcome, _args, { em, now }) => standingsWith(em, outcome, now),
  }),
);
