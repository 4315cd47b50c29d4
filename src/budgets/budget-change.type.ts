import { targetTenant } from '../caller/principal.ts';
import { builder } from '../graphql/builder.ts';
import { TagFilterInput } from '../reporting/filters.type.ts';
import { GroupByInput } from '../reporting/groups.type.ts';
import { readable, type Unreadable } from '../values/unreadable.ts';
import type { Decimal } from '../values/money.ts';
import { readScope } from './budget-scope.ts';
import { createBudget, deleteBudget, updateBudget } from './budget.service.ts';
import type { Spike } from './spike.ts';
import { BudgetActionRef, BudgetMetricRef, BudgetPeriodRef, BudgetRef } from './budget.type.ts';

const BudgetScopeInput = builder.inputType('BudgetScopeInput', {
  description: 'Which calls a budget is for: at most one condition, and what has the limit on its own.',
  fields: (t) => ({
    agentId: t.id({ description: 'Calls of this agent.' }),
    userId: t.string({ description: 'Calls for this user.' }),
    recordedBy: t.string({ description: 'Calls recorded by this key or user, as calls name it.' }),
    tag: t.field({ type: TagFilterInput, description: 'Calls with one of up to 100 values of a tag.' }),
    each: t.field({
      type: GroupByInput,
      description:
        'Each value of AGENT, USER, RECORDED_BY or of a tag has the limit on its own. Calls without one do not count.',
    }),
  }),
});

const thresholds = 'Parts of the limit, up to 10, from 0.001 to 100: reaching one is an event, once in a period.';

const SpikeInput = builder.inputType('SpikeInput', {
  description: 'From when on an hour is a spike: both must hold.',
  fields: (t) => ({
    factor: t.float({
      required: true,
      defaultValue: 5,
      description: 'From so many times what is usual at that hour of the day, 1 to 1,000.',
    }),
    floor: t.field({
      type: 'Decimal',
      required: true,
      description: 'From so much in the hour, more than 0: USD, tokens or calls.',
    }),
  }),
});

const CreateBudgetInput = builder.inputType('CreateBudgetInput', {
  description: 'A new budget.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Display name, 1 to 200 characters.' }),
    scope: t.field({ type: BudgetScopeInput, description: 'Which calls it is for; all of the tenant when left out.' }),
    metric: t.field({
      type: BudgetMetricRef,
      required: true,
      defaultValue: 'COST_USD',
      description: 'What it limits.',
    }),
    limit: t.field({
      type: 'Decimal',
      description: 'Limit in a period: USD, tokens or calls. A budget has a limit or a spike, one of both.',
    }),
    spike: t.field({
      type: SpikeInput,
      description:
        'Watches for hours that are far above what is usual, instead of a limit. It cannot BLOCK, and has no thresholds.',
    }),
    period: t.field({
      type: BudgetPeriodRef,
      required: true,
      defaultValue: 'MONTH',
      description: 'How long it runs before it resets; of no effect with a spike, which goes by hours.',
    }),
    thresholds: t.floatList({ description: `${thresholds} 0.8 and 1 when left out.` }),
    action: t.field({
      type: BudgetActionRef,
      required: true,
      defaultValue: 'NOTIFY',
      description: 'What it does.',
    }),
  }),
});

const UpdateBudgetInput = builder.inputType('UpdateBudgetInput', {
  description: 'Changes to a budget. Fields that are left out, or null, stay as they are.',
  fields: (t) => ({
    name: t.string({ description: 'Display name, 1 to 200 characters.' }),
    limit: t.field({
      type: 'Decimal',
      description: 'Limit in a period: USD, tokens or calls. Not of a budget that watches for spikes.',
    }),
    thresholds: t.floatList({ description: `${thresholds} Not of a budget that watches for spikes.` }),
    action: t.field({ type: BudgetActionRef, description: 'What it does.' }),
  }),
});

/** @throws {ValidationError} on `floor`. */
function readSpike(given: { factor: number; floor: Decimal | Unreadable } | null | undefined): Spike | undefined {
  const floor = readable(given?.floor, 'floor');
  return given && floor ? { factor: given.factor, floor } : undefined;
}

const ofTenant = 'Tenant of the budget; your own when left out. Superusers must name it.';

builder.mutationField('createBudget', (t) =>
  t.field({
    type: BudgetRef,
    description:
      'Creates a budget. It counts from the begin of the period that is running, or the hours of the last weeks for a spike; thresholds that have been reached already, or a spike, are events at once.',
    args: {
      input: t.arg({ type: CreateBudgetInput, required: true, description: 'The budget.' }),
      tenantId: t.arg.id({ description: ofTenant }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { input, tenantId }, context) => {
      const tenant = targetTenant(context.principal, tenantId);
      const { name, metric, period, action } = input;
      const budget = {
        ...readScope(input.scope),
        name,
        metric,
        period,
        action,
        limit: readable(input.limit, 'limit'),
        spike: readSpike(input.spike),
        thresholds: input.thresholds ?? undefined,
      };
      return createBudget(context.em, context.principal, tenant, budget, context.now);
    },
  }),
);

builder.mutationField('updateBudget', (t) =>
  t.field({
    type: BudgetRef,
    description:
      "Changes a budget; the limit of an agent's monthly budget is the agent's as well. Thresholds that the running period has reached by the new limit are events. NOT_FOUND on `id` when the tenant has no such budget.",
    args: {
      id: t.arg.id({ required: true, description: 'Id of the budget.' }),
      input: t.arg({ type: UpdateBudgetInput, required: true, description: 'The changes.' }),
      tenantId: t.arg.id({ description: ofTenant }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: (_parent, { id, input, tenantId }, context) => {
      const key = { tenantId: targetTenant(context.principal, tenantId), id };
      const change = {
        name: input.name ?? undefined,
        limit: readable(input.limit, 'limit'),
        thresholds: input.thresholds ?? undefined,
        action: input.action ?? undefined,
      };
      return updateBudget(context.em, context.principal, key, change, context.now);
    },
  }),
);

builder.mutationField('deleteBudget', (t) =>
  t.boolean({
    description:
      'Deletes a budget with its events; calls stay. Without its monthly budget an agent has no limit. NOT_FOUND on `id` when the tenant has no such budget.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the budget.' }),
      tenantId: t.arg.id({ description: ofTenant }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { id, tenantId }, context) => {
      const key = { tenantId: targetTenant(context.principal, tenantId), id };
      await deleteBudget(context.em, context.principal, key, context.now);
      return true;
    },
  }),
);
