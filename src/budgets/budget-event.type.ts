import { targetTenant } from '../caller/principal.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { builder } from '../graphql/builder.ts';
import { connectionType, cursorTime, pageArgs, readPage, toConnection } from '../graphql/connection.ts';
import { batchLoader } from '../graphql/loader.ts';
import type { Budget, BudgetEvent } from '../limits/budget.entity.ts';
import { beginningOfTotal } from '../limits/budget-period.ts';
import { findBudgetsById } from '../limits/budget.repository.ts';
import { listBudgetEvents } from '../limits/standing.repository.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { shownUser } from '../values/erased.ts';
import { NotFoundError } from '../values/errors.ts';
import type { TenantId } from '../values/identifier.ts';
import { BudgetRef } from './budget.type.ts';

interface BudgetKey {
  tenantId: TenantId;
  budgetId: string;
}

/** Budgets by tenant and id; NOT_FOUND for one that was deleted meanwhile. */
const budgetLoader = (context: RequestContext) =>
  batchLoader<BudgetKey, Budget>(
    async (keys) => {
      const byTenant = Map.groupBy(keys, ({ tenantId }) => tenantId);
      const found = new Map<string, Budget>();
      for (const [tenantId, ofTenant] of byTenant)
        for (const budget of await findBudgetsById(
          context.em,
          tenantId,
          ofTenant.map(({ budgetId }) => budgetId),
        ))
          found.set(`${tenantId}\n${budget.id}`, budget);
      return keys.map(
        ({ tenantId, budgetId }) =>
          found.get(`${tenantId}\n${budgetId}`) ?? new NotFoundError(`There is no budget '${budgetId}'.`),
      );
    },
    ({ tenantId, budgetId }) => `${tenantId}\n${budgetId}`,
  );

export const BudgetEventRef = builder.objectRef<BudgetEvent>('BudgetEvent').implement({
  description:
    'A budget reached a threshold, once for each budget, value, period and threshold; or an hour became a spike, once for each budget, value and hour.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the event.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was reached.' }),
    budget: t.field({
      type: BudgetRef,
      description: 'The budget as it is now.',
      resolve: ({ tenantId, budgetId }, _args, context) => context.once(budgetLoader).load({ tenantId, budgetId }),
    }),
    value: t.string({
      nullable: true,
      description:
        'The value that has the limit on its own; null for a budget that is not for each value of something, and for a user that was erased.',
      resolve: ({ value }) => (value === '' ? null : shownUser(value)),
    }),
    threshold: t.float({
      nullable: true,
      description: 'The part of the limit that was reached; null for a spike.',
      resolve: ({ threshold, usual }) => (usual ? null : threshold.toNumber()),
    }),
    spent: t.expose('spent', { type: 'Decimal', description: 'What had been spent then.' }),
    limit: t.expose('limit', { type: 'Decimal', nullable: true, description: 'The limit then; null for a spike.' }),
    usual: t.expose('usual', {
      type: 'Decimal',
      nullable: true,
      description: 'What was usual at the hour of a spike; null for a threshold.',
    }),
    periodStart: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Begin of the period, or of the hour of a spike; null for TOTAL.',
      resolve: ({ periodStart }) => (periodStart.getTime() === beginningOfTotal.getTime() ? null : periodStart),
    }),
  }),
});

const BudgetEventConnection = connectionType('BudgetEvent', BudgetEventRef);

builder.queryField('budgetEvents', (t) =>
  t.field({
    type: BudgetEventConnection,
    description: 'Thresholds that budgets of a tenant have reached, and spikes, newest first.',
    args: {
      tenantId: t.arg.id({ description: 'Tenant of the budgets; your own when left out. Superusers must name it.' }),
      budgetId: t.arg.id({ description: 'Only events of this budget.' }),
      ...pageArgs(),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const { first, after } = readPage(args, 2);
      const { id } = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
      const [time = '', event = ''] = after ?? [];
      const events = await listBudgetEvents(context.em, id, {
        // No text of the database has a NUL, which the database would refuse.
        budgetId: args.budgetId?.replaceAll('\0', '\u{fffd}'),
        first: first + 1,
        after: after && { at: cursorTime(time), id: event },
      });
      return toConnection(events, { first, after }, ({ at, id: eventId }) => [at.toISOString(), eventId]);
    },
  }),
);
