import { Big } from 'big.js';
import { builder } from '../graphql/builder.ts';
import {
  connectionType,
  cursorTime,
  pageArgs,
  readPage,
  toConnection,
  type Page,
  type PageArgs,
} from '../graphql/connection.ts';
import { addToTenant } from '../tenancy/tenant.service.ts';
import { identifier } from '../values/identifier.ts';
import { isLeftOut } from '../caller/principal.ts';
import { readable, readRequired } from '../values/unreadable.ts';
import { CostSourceRef } from './cost-source.type.ts';
import { modelNames } from './model-names.ts';
import type { ModelPrice } from './model-price.entity.ts';
import { listModelPrices, type ModelPriceKey, type NewModelPrice } from './model-price.repository.ts';
import { setModelPrice } from './model-price.service.ts';
import { sourceOf } from './own-price.ts';
import { readPriceTiers, readUnitPrices } from './read-price-parts.ts';
import { PriceTierInput, PriceTierRef, UnitPriceInput, UnitPriceRef } from './price-parts.type.ts';
import { standardTier } from './service-tiers.ts';
import { pricedTenant } from './priced-tenant.ts';

export const ModelPriceRef = builder.objectRef<ModelPrice | NewModelPrice>('ModelPrice').implement({
  description: 'The price of a model over a range of time, in USD per million tokens.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the price: the `priceId` of calls priced with it.' }),
    provider: t.exposeString('provider', { description: 'Provider, as it was set.' }),
    model: t.exposeString('model', { description: 'Model, as it was set.' }),
    effectiveFrom: t.expose('effectiveFrom', {
      type: 'DateTime',
      description: 'First instant at which the price applies.',
    }),
    effectiveTo: t.expose('effectiveTo', {
      type: 'DateTime',
      nullable: true,
      description: 'Instant at which the price ends; null while it has no end.',
    }),
    inputUsdPerMillion: t.expose('inputUsdPerMillion', { type: 'Decimal', description: 'Rate for input tokens.' }),
    outputUsdPerMillion: t.expose('outputUsdPerMillion', { type: 'Decimal', description: 'Rate for output tokens.' }),
    cachedInputUsdPerMillion: t.expose('cachedInputUsdPerMillion', {
      type: 'Decimal',
      nullable: true,
      description: 'Rate for input tokens read from a cache; null when the input rate applies.',
    }),
    cacheWriteUsdPerMillion: t.expose('cacheWriteUsdPerMillion', {
      type: 'Decimal',
      nullable: true,
      description: 'Rate for input tokens written to a cache; null when the input rate applies.',
    }),
    reasoningUsdPerMillion: t.expose('reasoningUsdPerMillion', {
      type: 'Decimal',
      nullable: true,
      description: 'Rate for reasoning tokens; null when the output rate applies.',
    }),
    serviceTier: t.exposeString('serviceTier', { description: 'Service tier that the price is for.' }),
    cacheWrite1hUsdPerMillion: t.expose('cacheWrite1hUsdPerMillion', {
      type: 'Decimal',
      nullable: true,
      description: 'Rate for input tokens that a cache keeps for an hour; null when they have no price.',
    }),
    tiers: t.field({
      type: [PriceTierRef],
      description: 'Rates for calls with more input tokens, for the whole call.',
      resolve: ({ tiers = [] }) => tiers.toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens),
    }),
    units: t.field({
      type: [UnitPriceRef],
      description: 'Prices of units, such as web searches or audio tokens.',
      resolve: ({ units = [] }) => units.map(({ unit, usdPerUnit }) => ({ unit, usdPerUnit: new Big(usdPerUnit) })),
    }),
    source: t.field({
      type: CostSourceRef,
      description: "TENANT_PRICE for a tenant's own price, PLATFORM_PRICE for one that applies to all tenants.",
      resolve: sourceOf,
    }),
  }),
});

const pricesPerPage = 100;

const ModelPriceConnection = connectionType('ModelPrice', ModelPriceRef);

builder.queryField('modelPrices', (t) =>
  t.field({
    type: ModelPriceConnection,
    description:
      'Prices of a tenant and of the platform, past and future ones included, ordered by provider, model and time. The catalogue is not listed.',
    args: {
      tenantId: t.arg.id({
        description:
          'Tenant of the prices; your own when left out. For superusers, leaving it out lists platform prices only.',
      }),
      provider: t.arg.string({ description: 'Only prices of this provider, under any of its usual names.' }),
      ...pageArgs({ size: pricesPerPage }),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const page = readPricePage(args);
      const tenantId = await pricedTenant(context, args.tenantId);
      const provider = isLeftOut(args.provider)
        ? undefined
        : modelNames(identifier(args.provider, 'provider'), '').provider;
      const prices = await listModelPrices(context.em, tenantId, provider, page);
      return toConnection(prices, page, ({ provider, model, effectiveFrom, id }) => [
        provider,
        model,
        effectiveFrom.toISOString(),
        id,
      ]);
    },
  }),
);

function readPricePage(args: PageArgs): Page<ModelPriceKey> {
  const { first, after } = readPage(args, 4, pricesPerPage);
  if (!after) return { first, after: undefined };
  const [provider = '', model = '', time = '', id = ''] = after;
  return { first, after: { provider, model, effectiveFrom: cursorTime(time), id } };
}

const SetModelPriceInput = builder.inputType('SetModelPriceInput', {
  description: 'A price in USD per million tokens. Rates are not negative and have at most 12 decimals.',
  fields: (t) => ({
    provider: t.string({
      required: true,
      description: 'Provider as calls name it. Other usual names match too: "bedrock" is "aws".',
    }),
    model: t.string({
      required: true,
      description:
        'Model as calls name it. A name without a date also matches dated versions that have no price of their own. "*" stands for any letters: "ft:gpt-4.1-*"; of several names that match, the longest applies.',
    }),
    effectiveFrom: t.field({
      type: 'DateTime',
      description: 'First instant at which the price applies; now when left out.',
    }),
    effectiveTo: t.field({
      type: 'DateTime',
      description: 'Instant at which the price ends. When left out, it applies until a later price is set.',
    }),
    inputUsdPerMillion: t.field({ type: 'Decimal', required: true, description: 'Rate for input tokens.' }),
    outputUsdPerMillion: t.field({ type: 'Decimal', required: true, description: 'Rate for output tokens.' }),
    cachedInputUsdPerMillion: t.field({
      type: 'Decimal',
      description: 'Rate for input tokens read from a cache; the input rate when left out.',
    }),
    cacheWriteUsdPerMillion: t.field({
      type: 'Decimal',
      description: 'Rate for input tokens written to a cache; the input rate when left out.',
    }),
    reasoningUsdPerMillion: t.field({
      type: 'Decimal',
      description: 'Rate for reasoning tokens; the output rate when left out. In `tiers` the output rate applies.',
    }),
    serviceTier: t.string({
      defaultValue: standardTier,
      description:
        'Service tier of the calls, as the provider names it. Calls of a tier that the model has no price for are unpriced.',
    }),
    cacheWrite1hUsdPerMillion: t.field({
      type: 'Decimal',
      description:
        'Rate for input tokens that a cache keeps for an hour; without it calls with such tokens are unpriced.',
    }),
    tiers: t.field({
      type: [PriceTierInput],
      description: 'Rates for calls with more input tokens, for the whole call. At most 10.',
    }),
    units: t.field({
      type: [UnitPriceInput],
      description:
        'Prices of units. Calls with units that have none are unpriced. Audio, image and video tokens with a price leave their class of tokens. At most 50.',
    }),
  }),
});

builder.mutationField('setModelPrice', (t) =>
  t.field({
    type: ModelPriceRef,
    description:
      'Sets a price for calls from an instant on and ends the price that applied at that instant. Recorded calls keep their cost. VALIDATION_ERROR when the price would overlap with one that begins later.',
    args: {
      input: t.arg({ type: SetModelPriceInput, required: true, description: 'The price.' }),
      tenantId: t.arg.id({
        description:
          'Tenant of the price; your own when left out. For superusers, leaving it out sets a platform price for all tenants.',
      }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { input, tenantId }, context) => {
      const tenant = await pricedTenant(context, tenantId);
      const price = {
        tenantId: tenant ?? null,
        provider: input.provider,
        model: input.model,
        effectiveFrom: readable(input.effectiveFrom, 'effectiveFrom') ?? context.now,
        effectiveTo: readable(input.effectiveTo, 'effectiveTo') ?? null,
        inputUsdPerMillion: readRequired(input.inputUsdPerMillion, 'inputUsdPerMillion'),
        outputUsdPerMillion: readRequired(input.outputUsdPerMillion, 'outputUsdPerMillion'),
        cachedInputUsdPerMillion: readable(input.cachedInputUsdPerMillion, 'cachedInputUsdPerMillion') ?? null,
        cacheWriteUsdPerMillion: readable(input.cacheWriteUsdPerMillion, 'cacheWriteUsdPerMillion') ?? null,
        reasoningUsdPerMillion: readable(input.reasoningUsdPerMillion, 'reasoningUsdPerMillion') ?? null,
        serviceTier: isLeftOut(input.serviceTier) ? standardTier : input.serviceTier,
        cacheWrite1hUsdPerMillion: readable(input.cacheWrite1hUsdPerMillion, 'cacheWrite1hUsdPerMillion') ?? null,
        tiers: readPriceTiers(input.tiers),
        units: readUnitPrices(input.units),
      };
      return addToTenant(tenant, () => setModelPrice(context.em, context.principal, price, context.now));
    },
  }),
);
