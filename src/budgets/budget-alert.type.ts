import { AgentRef } from '../tenancy/agent.type.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { builder } from '../graphql/builder.ts';
import { targetTenant } from '../caller/principal.ts';
import { loadBudgetAlerts, type BudgetAlert } from './budget-alerts.ts';
import type { BudgetStatus } from './budget-state.ts';

export const BudgetStatusRef = builder.enumType('BudgetStatus', {
  description: 'State of a budget.',
  values: {
    OK: { description: 'Below 80 % of the limit, or the limit is not positive.' },
    WARNING: { description: 'From 80 % of the limit.' },
    EXCEEDED: { description: 'From 100 % of the limit. Calls are recorded all the same.' },
  } satisfies Record<BudgetStatus, { description: string }>,
});

const BudgetAlertRef = builder.objectRef<BudgetAlert>('BudgetAlert').implement({
  description: "The state of an agent's monthly budget.",
  fields: (t) => ({
    agent: t.expose('agent', { type: AgentRef, description: 'The agent.' }),
    budgetLimitUsd: t.expose('budgetLimitUsd', { type: 'Decimal', description: 'Monthly limit in USD.' }),
    currentUsd: t.expose('currentUsd', {
      type: 'Decimal',
      description:
        "Cost in USD of the agent's calls in the current calendar month of the tenant's time zone. Voided calls do not count.",
    }),
    ratio: t.exposeFloat('ratio', {
      description: 'Spent divided by the limit: 1 when all of it is spent. 0 when the limit is not positive.',
    }),
    status: t.expose('status', {
      type: BudgetStatusRef,
      description: 'State of the budget, compared as exact decimals.',
    }),
  }),
});

builder.queryField('budgetAlerts', (t) =>
  t.field({
    type: [BudgetAlertRef],
    description: 'State of the budget of every agent that has a limit: the highest ratio first, equal ratios by id.',
    args: {
      tenantId: t.arg.id({ description: 'Tenant of the agents; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: async (_parent, args, context) =>
      loadBudgetAlerts(context, await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId))),
  }),
);
