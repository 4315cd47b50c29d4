import { builder } from '../graphql/builder.ts';
import { ReconciliationRef } from '../rollup/reconcile.type.ts';
import { Big } from 'big.js';
import { erasedLabel, erasedUser } from '../values/erased.ts';
import { compareBudgets, type BudgetDifference } from './reconcile-budgets.repository.ts';

const BudgetDifferenceRef = builder.objectRef<BudgetDifference>('BudgetDifference').implement({
  description: 'A counter of a budget that differs from what the ledger adds up to.',
  fields: (t) => ({
    tenantId: t.exposeID('tenantId', { description: 'Tenant of the budget.' }),
    budgetId: t.exposeID('budgetId', { description: 'Id of the budget.' }),
    value: t.string({
      description:
        'The value that has the limit on its own, "erased" for those of erased users; "" for a budget that is not for each value of something.',
      resolve: ({ value }) => (value === erasedUser ? erasedLabel : value),
    }),
    periodStart: t.expose('periodStart', { type: 'DateTime', description: 'Begin of the period, or of the hour.' }),
    stored: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'What is counted; null where there is no counter.',
      resolve: ({ stored }) => (stored === null ? null : new Big(stored)),
    }),
    expected: t.field({
      type: 'Decimal',
      description: 'What the ledger adds up to.',
      resolve: ({ expected }) => new Big(expected),
    }),
    storedCalls: t.expose('storedCalls', {
      type: 'SafeInt',
      nullable: true,
      description:
        'Calls that are counted of a budget that watches for spikes; null for others, and where there is no counter.',
    }),
    expectedCalls: t.expose('expectedCalls', {
      type: 'SafeInt',
      nullable: true,
      description: 'Calls in the ledger, for a budget that watches for spikes; null for others.',
    }),
  }),
});

builder.objectField(ReconciliationRef, 'budgets', (t) =>
  t.field({
    type: [BudgetDifferenceRef],
    description: 'The first counters of budgets that differ from the ledger; none if all is well.',
    resolve: async ({ tenantIds, first }, _args, { em, now }) => {
      const found: BudgetDifference[] = [];
      for (const id of tenantIds) if (found.length < first) found.push(...(await compareBudgets(em, id, now)));
      return found.slice(0, first);
    },
  }),
);
