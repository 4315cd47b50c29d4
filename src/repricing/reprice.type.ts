import { targetTenant } from '../caller/principal.ts';
import { forkForPlatform } from '../database/session.ts';
import { builder } from '../graphql/builder.ts';
import { readFilters, UsageFiltersInput } from '../reporting/filters.type.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { ValidationError } from '../values/errors.ts';
import { readRequired } from '../values/unreadable.ts';
import type { RepriceResult } from './reprice-result.ts';
import { previewRepricing, reprice, type RepriceScope } from './reprice.service.ts';

const RepriceScopeRef = builder.enumType('RepriceScope', {
  description: 'Which costs are computed again. Costs that came from callers never are.',
  values: {
    UNPRICED: { description: 'Those of calls that no price was found for.' },
    CATALOGUE: { description: 'Those from the catalogue.' },
    ALL_BUT_CALLER: { description: 'All that the gateway computed, or could not compute.' },
  } satisfies Record<RepriceScope, { description: string }>,
});

const RepriceResultRef = builder.objectRef<RepriceResult>('RepriceResult').implement({
  description: 'What repricing changed, or would change: the calls whose cost is another one at the prices of now.',
  fields: (t) => ({
    calls: t.expose('calls', { type: 'SafeInt', description: 'Number of calls whose cost changes.' }),
    costBeforeUsd: t.expose('costBeforeUsd', { type: 'Decimal', description: 'What they cost in USD before.' }),
    costAfterUsd: t.expose('costAfterUsd', { type: 'Decimal', description: 'What they cost in USD now.' }),
    unpricedBefore: t.expose('unpricedBefore', {
      type: 'SafeInt',
      description: 'How many of them had no cost before.',
    }),
    unpricedAfter: t.expose('unpricedAfter', { type: 'SafeInt', description: 'How many of them have none now.' }),
    dryRun: t.exposeBoolean('dryRun', { description: 'Whether nothing was changed.' }),
  }),
});

builder.mutationField('repriceUsage', (t) =>
  t.field({
    type: RepriceResultRef,
    description:
      'Computes costs of recorded calls again, by the prices of now that hold for the time of each call, and keeps what they were (`costHistory`). Prepared in steps and applied at once, up to 1,000,000 changed costs; after TIMEOUT the same request goes on where it was.',
    args: {
      from: t.arg({ type: 'DateTime', required: true, description: 'Start of the window, inclusive.' }),
      to: t.arg({ type: 'DateTime', required: true, description: 'End of the window, exclusive.' }),
      scope: t.arg({ type: RepriceScopeRef, required: true, description: 'Which costs.' }),
      filters: t.arg({ type: UsageFiltersInput, description: 'Which calls; all when left out.' }),
      reason: t.arg.string({ required: true, description: 'Why, for people to read: 1 to 1,000 characters.' }),
      dryRun: t.arg.boolean({
        required: true,
        defaultValue: true,
        description: 'Whether to tell what would change, and change nothing.',
      }),
      tenantId: t.arg.id({ description: 'Tenant of the calls; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { dryRun, ...args }, context) => {
      const { id: tenantId } = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
      const [from, to] = [readRequired(args.from, 'from'), readRequired(args.to, 'to')];
      if (to <= from) throw new ValidationError("'to' must be strictly greater than 'from'", 'to');
      const { scope, reason } = args;
      const asked = { tenantId, from, to, scope, filters: readFilters(args.filters), reason };
      // Summaries are the platform's to change; every statement names the tenant.
      const em = forkForPlatform(context.services);
      return dryRun ? previewRepricing(em, asked) : reprice(em, context.principal, asked, context.now);
    },
  }),
);
