import { builder } from '../graphql/builder.ts';
import { identifier } from '../values/identifier.ts';
import { readable } from '../values/unreadable.ts';
import { CostSourceRef } from './cost-source.type.ts';
import { PriceBook, type Cost } from './price-book.ts';
import { pricedTenant } from './priced-tenant.ts';
import { readTokens } from './token-counts.ts';

const CostEstimateRef = builder.objectRef<Cost>('CostEstimate').implement({
  description: 'What a call would cost.',
  fields: (t) => ({
    costUsd: t.expose('costUsd', {
      type: 'Decimal',
      nullable: true,
      description: 'Cost in USD; null when no price is found.',
    }),
    costSource: t.expose('costSource', { type: CostSourceRef, description: 'Where the price comes from.' }),
    priceId: t.exposeString('priceId', {
      nullable: true,
      description: 'Id of the model price, or entry of the catalogue with its version; null when no price is found.',
    }),
  }),
});

builder.queryField('estimateCost', (t) =>
  t.field({
    type: CostEstimateRef,
    description: 'What the gateway would compute for a call that is recorded without a cost. Nothing is recorded.',
    args: {
      provider: t.arg.string({ required: true, description: 'Provider of the model.' }),
      model: t.arg.string({ required: true, description: 'Model that is called.' }),
      inputTokens: t.arg({ type: 'SafeInt', required: true, description: 'Input tokens, the cached ones included.' }),
      outputTokens: t.arg({
        type: 'SafeInt',
        required: true,
        description: 'Output tokens, the reasoning ones included.',
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
      at: t.arg({ type: 'DateTime', description: 'When the call is made; now when left out.' }),
      tenantId: t.arg.id({
        description: 'Tenant whose prices hold; otherwise your own, and for superusers those of the platform alone.',
      }),
    },
    authScopes: (_parent, args) => ({ belongsTo: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const billable = {
        provider: identifier(args.provider, 'provider'),
        model: identifier(args.model, 'model'),
        occurredAt: readable(args.at, 'at') ?? context.now,
        ...readTokens(args),
      };
      const tenantId = await pricedTenant(context, args.tenantId);
      const { costs } = await new PriceBook().priceAll(context.em, [{ ...billable, tenantId }]);
      const [cost] = costs;
      if (!cost) throw new Error('One call has one cost.');
      return cost;
    },
  }),
);
