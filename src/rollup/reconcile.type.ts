import { builder } from '../graphql/builder.ts';
import { pageSize } from '../graphql/connection.ts';
import { isLeftOut } from '../caller/principal.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { everyTenantId } from '../tenancy/tenant.repository.ts';
import { tenantId } from '../values/identifier.ts';
import type { Comparison, Difference } from './reconcile.repository.ts';
import { reconcile } from './reconcile.service.ts';
import type { DimensionName } from './dimensions.ts';
import type { Grain } from './levels.ts';

const GrainRef = builder.enumType('SummaryGrain', {
  description: 'Length of time of a summary; each begins on the clock of UTC.',
  values: {
    HOUR: { description: 'An hour.' },
    DAY: { description: 'A day.' },
    MONTH: { description: 'A month.' },
  } satisfies Record<Grain, { description: string }>,
});

const ColumnDifferenceRef = builder.objectRef<Difference['columns'][number]>('SummaryColumnDifference').implement({
  description: 'A number of a summary that is not what the ledger says.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Column of the summary.' }),
    stored: t.exposeString('stored', {
      nullable: true,
      description: 'What the summary says, as text; null where there is no such summary.',
    }),
    expected: t.exposeString('expected', {
      nullable: true,
      description: 'What the ledger says, as text; null where it has no such calls.',
    }),
  }),
});

const dimension = (name: DimensionName, what: string) => ({
  nullable: true as const,
  description: `${what} that the summary is of; null in summaries of the whole tenant.`,
  resolve: ({ dimensions }: Difference) => dimensions[name] ?? null,
});

const DifferenceRef = builder.objectRef<Difference>('SummaryDifference').implement({
  description: 'A summary that is not what the ledger says.',
  fields: (t) => ({
    tenantId: t.exposeID('tenantId', { description: 'Tenant that it is of.' }),
    grain: t.expose('grain', { type: GrainRef, description: 'How long a time it is of.' }),
    startsAt: t.expose('startsAt', { type: 'DateTime', description: 'When that time begins.' }),
    agentId: t.string({
      ...dimension('agentId', 'Agent'),
      description: 'Agent that the summary is of, "" for calls that named none; null in summaries of the whole tenant.',
    }),
    provider: t.string(dimension('provider', 'Provider')),
    model: t.string(dimension('model', 'Model')),
    channelId: t.string(dimension('channelId', 'Channel')),
    columns: t.expose('columns', { type: [ColumnDifferenceRef], description: 'What differs.' }),
  }),
});

const ReconciliationRef = builder.objectRef<Comparison>('Reconciliation').implement({
  description: 'Summaries compared with those that the ledger gives, both as of the last fold.',
  fields: (t) => ({
    summaries: t.exposeInt('summaries', { description: 'How many were compared.' }),
    differing: t.exposeInt('differing', { description: 'How many differ; zero when all is well.' }),
    differences: t.expose('differences', { type: [DifferenceRef], description: 'The first ones that differ.' }),
  }),
});

builder.queryField('reconcile', (t) =>
  t.field({
    type: ReconciliationRef,
    description:
      'Compares the summaries that reports are answered from with the ledger, which it reads as a whole. For superusers and platform viewers.',
    args: {
      tenantId: t.arg.id({ description: 'Tenant whose summaries are compared; every tenant when left out.' }),
      first: t.arg.int({ defaultValue: 100, description: 'How many differences are shown, 1 to 1,000.' }),
    },
    authScopes: { readPlatform: true },
    resolve: async (_parent, args, context) => {
      const first = pageSize(args.first, 100);
      if (isLeftOut(args.tenantId)) return reconcile(context.em, await everyTenantId(context.em), first);
      const tenant = await context.once(tenantLoader).load(tenantId(args.tenantId, 'tenantId'));
      return reconcile(context.em, [tenant.id], first);
    },
  }),
);
