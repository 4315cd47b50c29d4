import { targetTenant } from '../caller/principal.ts';
import { builder } from '../graphql/builder.ts';
import { connectionType, pageArgs, readPage, toConnection } from '../graphql/connection.ts';
import type { Budget, BudgetAction, BudgetMetric } from '../limits/budget.entity.ts';
import type { BudgetPeriod } from '../limits/budget-period.ts';
import { listBudgets } from '../limits/budget.repository.ts';
import { DimensionRef } from '../reporting/groups.type.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { BudgetStatusRef } from './budget-alert.type.ts';
import { shownScope } from './budget-scope.ts';
import { spikeOf, type Spike } from './spike.ts';
import { loadProjected } from './projection.ts';
import { loadStates, readStatesPage, type BudgetStanding } from './budget-states.ts';

export const BudgetMetricRef = builder.enumType('BudgetMetric', {
  description: 'What a budget limits.',
  values: {
    COST_USD: { description: 'Cost in USD. Calls without a price cost nothing.' },
    TOTAL_TOKENS: { description: 'Input and output tokens together.' },
    CALLS: { description: 'The number of calls.' },
  } satisfies Record<BudgetMetric, { description: string }>,
});

export const BudgetPeriodRef = builder.enumType('BudgetPeriod', {
  description: "How long a budget runs before it resets, on the clock of the tenant's time zone.",
  values: {
    DAY: { description: 'From local midnight to the next.' },
    WEEK: { description: 'From Monday to Monday.' },
    MONTH: { description: 'A calendar month.' },
    YEAR: { description: 'A calendar year.' },
    TOTAL: { description: 'Forever: it never resets.' },
  } satisfies Record<BudgetPeriod, { description: string }>,
});

export const BudgetActionRef = builder.enumType('BudgetAction', {
  description: 'What a budget does. Calls that were made are recorded in any case.',
  values: {
    NOTIFY: { description: 'Its thresholds, or spikes, are events.' },
    BLOCK: { description: 'Beyond the limit it refuses reservations as well.' },
  } satisfies Record<BudgetAction, { description: string }>,
});

const BudgetScopeRef = builder.objectRef<ReturnType<typeof shownScope>>('BudgetScope').implement({
  description: 'Which calls a budget is for. All of the tenant where everything is null.',
  fields: (t) => ({
    agentId: t.exposeID('agentId', { nullable: true, description: 'Calls of this agent; null for no such condition.' }),
    userId: t.exposeString('userId', {
      nullable: true,
      description: 'Calls for this user; null for no such condition.',
    }),
    recordedBy: t.exposeString('recordedBy', {
      nullable: true,
      description: 'Calls recorded by this key or user; null for no such condition.',
    }),
    tagName: t.exposeString('tagName', {
      nullable: true,
      description: 'Calls with this tag; null for no such condition.',
    }),
    tagValues: t.exposeStringList('tagValues', {
      nullable: true,
      description: 'Values of the tag, any of which will do; null without `tagName`.',
    }),
    eachDimension: t.expose('eachDimension', {
      type: DimensionRef,
      nullable: true,
      description: 'Each value of this dimension has the limit on its own; null for no such dimension.',
    }),
    eachTag: t.exposeString('eachTag', {
      nullable: true,
      description: 'Each value of this tag has the limit on its own; null for no such tag.',
    }),
  }),
});

const SpikeRef = builder.objectRef<Spike>('Spike').implement({
  description:
    'From when on an hour is a spike. What is usual is the median of the same local hour over the 28 days before, in which hours without calls are 0 from the first call on.',
  fields: (t) => ({
    factor: t.exposeFloat('factor', { description: 'From so many times what is usual.' }),
    floor: t.expose('floor', { type: 'Decimal', description: 'And from so much in the hour: USD, tokens or calls.' }),
  }),
});

export const BudgetRef = builder.objectRef<Budget>('Budget').implement({
  description:
    'A limit over a period, or a watch for spikes of an hour. What it counts equals the ledger at any time: calls count once they are acknowledged, voided ones do not.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the budget; "agent:" and its id for the monthly budget of an agent.' }),
    name: t.exposeString('name', { description: 'Display name.' }),
    scope: t.field({ type: BudgetScopeRef, description: 'Which calls it is for.', resolve: shownScope }),
    metric: t.expose('metric', { type: BudgetMetricRef, description: 'What it limits.' }),
    limit: t.expose('limit', {
      type: 'Decimal',
      nullable: true,
      description:
        'Limit in a period: USD, tokens or calls. One of 0 is never reached. Null for a budget that watches for spikes.',
    }),
    spike: t.field({
      type: SpikeRef,
      nullable: true,
      description: 'What it watches for instead of a limit; null for a budget with a limit.',
      resolve: spikeOf,
    }),
    period: t.expose('period', {
      type: BudgetPeriodRef,
      description:
        'How long it runs before it resets; says nothing of a budget that watches for spikes, which goes by hours.',
    }),
    thresholds: t.field({
      type: ['Float'],
      description:
        'Parts of the limit; reaching one is an event, once in a period. None for a budget that watches for spikes.',
      resolve: ({ thresholds }) => thresholds.map(Number),
    }),
    action: t.expose('action', { type: BudgetActionRef, description: 'What it does.' }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was made. Calls count from the begin of the period that was running then.',
    }),
  }),
});

export const BudgetStateRef = builder.objectRef<BudgetStanding>('BudgetState').implement({
  description:
    'How a budget, or one of its values, stands in the period that is running: for one that watches for spikes, the current hour of the local clock.',
  fields: (t) => ({
    budget: t.expose('budget', { type: BudgetRef, description: 'The budget.' }),
    value: t.exposeString('value', {
      nullable: true,
      description:
        'The value that has the limit on its own; null for a budget that is not for each value of something.',
    }),
    spent: t.expose('spent', {
      type: 'Decimal',
      description: 'What its calls in the period add up to: USD, tokens or calls.',
    }),
    reserved: t.expose('reserved', {
      type: 'Decimal',
      description: 'What open reservations hold of it: USD, tokens or calls.',
    }),
    limit: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'The limit; null for a budget that watches for spikes.',
      resolve: ({ budget }) => budget.limit,
    }),
    usual: t.expose('usual', {
      type: 'Decimal',
      nullable: true,
      description:
        'Of a budget that watches for spikes, the median of the same local hour over the 28 days before; null where there is less than a week of history, and for a limit.',
    }),
    ratio: t.exposeFloat('ratio', {
      description:
        'Spent divided by the limit: 1 when all of it is spent. 0 when the limit is not positive. Of a budget that watches for spikes: spent divided by what would be a spike, the larger of factor x usual and floor; 0 while `usual` is null.',
    }),
    projected: t.field({
      type: 'Decimal',
      nullable: true,
      description:
        'What will be spent when the period ends: spent + (what was spent in the 168 whole hours before the current one, or since the first call if that is later, an hour) x the hours left. Null for TOTAL, and before there is an hour of history.',
      resolve: (state, _args, context) => loadProjected(context, state),
    }),
    status: t.expose('status', { type: BudgetStatusRef, description: 'Its state, compared as exact decimals.' }),
    resetsAt: t.expose('resetsAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the next period begins; null for TOTAL.',
    }),
  }),
});

const BudgetStateConnection = connectionType('BudgetState', BudgetStateRef);

builder.objectField(BudgetRef, 'states', (t) =>
  t.field({
    type: BudgetStateConnection,
    description:
      'How it stands in the period that is running: one state or, for a budget for each value of something, one for each value with calls, the highest ratio first.',
    args: pageArgs(),
    authScopes: ({ tenantId }) => ({ readUsage: tenantId }),
    resolve: (budget, args, context) => loadStates(context, budget, readStatesPage(readPage(args, 2))),
  }),
);

const BudgetConnection = connectionType('Budget', BudgetRef);

builder.queryField('budgets', (t) =>
  t.field({
    type: BudgetConnection,
    description: 'Budgets of a tenant in the order of their ids, the monthly budgets of agents included.',
    args: {
      tenantId: t.arg.id({ description: 'Tenant of the budgets; your own when left out. Superusers must name it.' }),
      ...pageArgs(),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const page = readPage(args, 1);
      const { id } = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
      const budgets = await listBudgets(context.em, id, { first: page.first + 1, after: page.after?.[0] });
      return toConnection(budgets, page, (budget) => [budget.id]);
    },
  }),
);
