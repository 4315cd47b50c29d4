import { AgentRef } from '../tenancy/agent.type.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { builder } from '../graphql/builder.ts';
import { targetTenant } from '../caller/principal.ts';
import { loadBudgetAlerts, type BudgetAlert } from './budget-alerts.ts';
import type { BudgetStatus } from './budget-state.ts';

const BudgetStatusRef = builder.enumType('BudgetStatus', {
  description: 'How a budget stands.',
  values: {
    OK: { description: 'Less than 80 % is spent, or the limit is not positive.' },
    WARNING: { description: '80 % or more is spent.' },
    EXCEEDED: { description: 'All of it is spent, or more.' },
  } satisfies Record<BudgetStatus, { description: string }>,
});

const BudgetAlertRef = builder.objectRef<BudgetAlert>('BudgetAlert').implement({
  description: "How an agent's monthly budget stands.",
  fields: (t) => ({
    agent: t.expose('agent', { type: AgentRef, description: 'The agent.' }),
    budgetLimitUsd: t.expose('budgetLimitUsd', { type: 'Decimal', description: 'What it may spend a month.' }),
    currentUsd: t.expose('currentUsd', {
      type: 'Decimal',
      description:
        "What its calls of the calendar month so far cost, in the tenant's time zone. Voided ones cost nothing.",
    }),
    ratio: t.exposeFloat('ratio', {
      description: 'Spent by limit: 1 when all is spent; 0 for a limit that is not positive.',
    }),
    status: t.expose('status', { type: BudgetStatusRef, description: 'How it stands, compared exactly.' }),
  }),
});

builder.queryField('budgetAlerts', (t) =>
  t.field({
    type: [BudgetAlertRef],
    description:
      'How the budgets stand of every agent that has a limit, those that are used up most first, equal ones by id.',
    args: { tenantId: t.arg.id({ description: 'The tenant; required for superusers, otherwise your own.' }) },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: async (_parent, args, context) =>
      loadBudgetAlerts(context, await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId))),
  }),
);
