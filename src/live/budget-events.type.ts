import { BudgetEventRef } from '../budgets/budget-event.type.ts';
import { targetTenant } from '../caller/principal.ts';
import { builder } from '../graphql/builder.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';

builder.subscriptionField('budgetEvents', (t) =>
  t.field({
    type: BudgetEventRef,
    description:
      'Thresholds that budgets of a tenant reach from now on, each once, in the order in which they become known. What was missed between two streams is in the query `budgetEvents`; a reader that leaves 1,000 of them unread gets OVERLOADED.',
    args: {
      tenantId: t.arg.id({ description: 'Tenant of the budgets; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    subscribe: async (_parent, args, context) => {
      const { id } = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
      return context.services.live.budgetEvents(id);
    },
    resolve: (event) => event,
  }),
);
