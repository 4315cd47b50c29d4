import { isLeftOut } from '../caller/principal.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { builder } from '../graphql/builder.ts';
import { batchLoader } from '../graphql/loader.ts';
import { identifier } from '../values/identifier.ts';
import { readUnits } from '../values/units.ts';
import { readable } from '../values/unreadable.ts';
import { CostSourceRef } from './cost-source.type.ts';
import { PriceBook, type Billable, type Cost } from './price-book.ts';
import { pricedTenant } from './priced-tenant.ts';
import { readTokens } from './token-counts.ts';

const CostEstimateRef = builder.objectRef<Cost>('CostEstimate').implement({
  description: 'The cost of a call that is not recorded.',
  fields: (t) => ({
    costUsd: t.expose('costUsd', {
      type: 'Decimal',
      nullable: true,
      description: 'Cost in USD; null when there is no price.',
    }),
    costSource: t.expose('costSource', { type: CostSourceRef, description: 'Source of the price.' }),
    priceId: t.exposeString('priceId', {
      nullable: true,
      description: 'Id of the model price, or entry of the catalogue with its version; null when there is no price.',
    }),
    unpricedReason: t.exposeString('unpricedReason', {
      nullable: true,
      description: 'What was missing, such as a rate for a class of tokens; null when there is a cost.',
    }),
  }),
});

/** Costs of calls that are not recorded, all of a request at prices of one moment. */
const costLoader = ({ em }: RequestContext) =>
  batchLoader<Billable, Cost>(
    async (calls) => (await new PriceBook().priceAll(em, calls)).costs,
    (call) => JSON.stringify(call),
  );

builder.queryField('estimateCost', (t) =>
  t.field({
    type: CostEstimateRef,
    description: 'Cost that the gateway would compute for a call that comes without one. Nothing is recorded.',
    args: {
      provider: t.arg.string({ required: true, description: 'Provider of the model.' }),
      model: t.arg.string({ required: true, description: 'Model of the call.' }),
      inputTokens: t.arg({ type: 'SafeInt', required: true, description: 'Input tokens, including cached ones.' }),
      outputTokens: t.arg({
        type: 'SafeInt',
        required: true,
        description: 'Output tokens, including reasoning tokens.',
      }),
      cachedInputTokens: t.arg({
        type: 'SafeInt',
        defaultValue: 0,
        description: 'Input tokens read from a cache.',
      }),
      cacheWriteTokens: t.arg({
        type: 'SafeInt',
        defaultValue: 0,
        description: 'Input tokens written to a cache.',
      }),
      reasoningTokens: t.arg({
        type: 'SafeInt',
        defaultValue: 0,
        description: 'Output tokens spent on reasoning.',
      }),
      units: t.arg({ type: 'Units', description: 'Whatever else is billed, as calls have it.' }),
      cacheWrite1hTokens: t.arg({
        type: 'SafeInt',
        defaultValue: 0,
        description: 'Those of the `cacheWriteTokens` that the cache keeps for an hour.',
      }),
      serviceTier: t.arg.string({
        description: 'Service tier as the provider names it, such as "batch" or "flex"; "standard" when left out.',
      }),
      at: t.arg({ type: 'DateTime', description: 'Time of the call; now when left out.' }),
      tenantId: t.arg.id({
        description:
          'Tenant whose prices apply; your own when left out. For superusers, leaving it out means platform prices only.',
      }),
    },
    authScopes: (_parent, args) => ({ belongsTo: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const billable = {
        provider: identifier(args.provider, 'provider'),
        model: identifier(args.model, 'model'),
        occurredAt: readable(args.at, 'at') ?? context.now,
        ...readTokens(args),
        units: args.units ? readUnits(args.units, 'units') : null,
        serviceTier: isLeftOut(args.serviceTier) ? undefined : identifier(args.serviceTier, 'serviceTier'),
      };
      const tenantId = await pricedTenant(context, args.tenantId);
      return context.once(costLoader).load({ ...billable, tenantId });
    },
  }),
);
