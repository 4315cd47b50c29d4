import { builder } from '../graphql/builder.ts';
import { pageSize } from '../graphql/connection.ts';
import { isLeftOut } from '../caller/principal.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { everyTenantId } from '../tenancy/tenant.repository.ts';
import { tenantId, type TenantId } from '../values/identifier.ts';
import type { Comparison, Difference } from './reconcile.repository.ts';
import { reconcile } from './reconcile.service.ts';
import type { DimensionName } from './dimensions.ts';
import type { Grain } from './levels.ts';

const GrainRef = builder.enumType('SummaryGrain', {
  description: 'The length of time that a summary covers.',
  values: {
    HOUR: { description: 'An hour, in UTC.' },
    DAY: { description: 'A day, in UTC.' },
    MONTH: { description: 'A month, in UTC.' },
    YEAR: { description: 'A year, in UTC.' },
    LOCAL_DAY: { description: "A day, in the tenant's time zone." },
    LOCAL_MONTH: { description: "A month, in the tenant's time zone." },
  } satisfies Record<Grain, { description: string }>,
});

const ColumnDifferenceRef = builder.objectRef<Difference['columns'][number]>('SummaryColumnDifference').implement({
  description: 'A column of a summary that differs from what the ledger adds up to.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Column of the summary.' }),
    stored: t.exposeString('stored', {
      nullable: true,
      description: 'The stored value, as text; null if the summary does not exist.',
    }),
    expected: t.exposeString('expected', {
      nullable: true,
      description: 'The value that the ledger adds up to, as text; null if it has no calls for this summary.',
    }),
  }),
});

const dimension = (name: DimensionName, what: string) => ({
  nullable: true as const,
  description: `${what} of the summary; null in summaries that are not by ${what.toLowerCase()}.`,
  resolve: ({ dimensions }: Difference) => dimensions[name] ?? null,
});

const DifferenceRef = builder.objectRef<Difference>('SummaryDifference').implement({
  description: 'A summary that differs from what the ledger adds up to.',
  fields: (t) => ({
    tenantId: t.exposeID('tenantId', { description: 'Tenant of the summary.' }),
    grain: t.expose('grain', { type: GrainRef, description: 'Length of time that it covers.' }),
    startsAt: t.expose('startsAt', { type: 'DateTime', description: 'Start of that time.' }),
    agentId: t.string({
      ...dimension('agentId', 'Agent'),
      description: 'Agent of the summary, "" for calls that named none; null in summaries that are not by agent.',
    }),
    provider: t.string(dimension('provider', 'Provider')),
    model: t.string(dimension('model', 'Model')),
    channelId: t.string(dimension('channelId', 'Channel')),
    columns: t.expose('columns', { type: [ColumnDifferenceRef], description: 'The columns that differ.' }),
  }),
});

/** A comparison, and what was to be compared. */
interface Reconciliation extends Comparison {
  tenantIds: readonly TenantId[];
  /** How many differences are shown at most. */
  first: number;
}

export const ReconciliationRef = builder.objectRef<Reconciliation>('Reconciliation').implement({
  description: 'The result of comparing summaries with the ledger, both as of the last fold.',
  fields: (t) => ({
    summaries: t.exposeInt('summaries', { description: 'Number of summaries that were compared.' }),
    differing: t.exposeInt('differing', { description: 'Number of summaries that differ; 0 if all is well.' }),
    differences: t.expose('differences', { type: [DifferenceRef], description: 'The first summaries that differ.' }),
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
      const tenantIds = isLeftOut(args.tenantId)
        ? await everyTenantId(context.em)
        : [(await context.once(tenantLoader).load(tenantId(args.tenantId, 'tenantId'))).id];
      return { ...(await reconcile(context.em, tenantIds, first)), tenantIds, first };
    },
  }),
);
