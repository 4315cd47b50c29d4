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
import { sourceOf } from './price-book.ts';
import { pricedTenant } from './priced-tenant.ts';

const ModelPriceRef = builder.objectRef<ModelPrice | NewModelPrice>('ModelPrice').implement({
  description: 'What a model costs from one instant to another, in USD per million tokens.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the price; calls priced with it name it as `priceId`.' }),
    provider: t.exposeString('provider', { description: 'Provider, as it was set.' }),
    model: t.exposeString('model', { description: 'Model, as it was set.' }),
    effectiveFrom: t.expose('effectiveFrom', { type: 'DateTime', description: 'First instant at which it holds.' }),
    effectiveTo: t.expose('effectiveTo', {
      type: 'DateTime',
      nullable: true,
      description: 'Instant from which it no longer holds; null while none is set.',
    }),
    inputUsdPerMillion: t.expose('inputUsdPerMillion', { type: 'Decimal', description: 'For input tokens.' }),
    outputUsdPerMillion: t.expose('outputUsdPerMillion', { type: 'Decimal', description: 'For output tokens.' }),
    cachedInputUsdPerMillion: t.expose('cachedInputUsdPerMillion', {
      type: 'Decimal',
      nullable: true,
      description: 'For input tokens read from a cache; null where the rate of input holds.',
    }),
    cacheWriteUsdPerMillion: t.expose('cacheWriteUsdPerMillion', {
      type: 'Decimal',
      nullable: true,
      description: 'For input tokens written to a cache; null where the rate of input holds.',
    }),
    reasoningUsdPerMillion: t.expose('reasoningUsdPerMillion', {
      type: 'Decimal',
      nullable: true,
      description: 'For output tokens spent on reasoning; null where the rate of output holds.',
    }),
    source: t.field({
      type: CostSourceRef,
      description: "TENANT_PRICE for a tenant's own, PLATFORM_PRICE for one that holds in all tenants.",
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
      'Prices set for a tenant, and those of the platform, past and future ones too, by provider, model and time. The catalogue is not listed.',
    args: {
      tenantId: t.arg.id({
        description: 'The tenant; otherwise your own, and for superusers the prices of the platform alone.',
      }),
      provider: t.arg.string({ description: 'Only prices of this provider, by any of its names.' }),
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
  description: 'A price, in USD per million tokens: not negative, at most 12 decimals.',
  fields: (t) => ({
    provider: t.string({
      required: true,
      description: 'Provider that calls name. Usual other names find it too: "bedrock" is "aws".',
    }),
    model: t.string({
      required: true,
      description:
        'Model that calls name. One without a date also holds for its dated names, unless one of those has a price.',
    }),
    effectiveFrom: t.field({ type: 'DateTime', description: 'First instant at which it holds; now when left out.' }),
    effectiveTo: t.field({
      type: 'DateTime',
      description: 'Instant from which it no longer holds; when left out it holds until a later price is set.',
    }),
    inputUsdPerMillion: t.field({ type: 'Decimal', required: true, description: 'For input tokens.' }),
    outputUsdPerMillion: t.field({ type: 'Decimal', required: true, description: 'For output tokens.' }),
    cachedInputUsdPerMillion: t.field({
      type: 'Decimal',
      description: 'For input tokens read from a cache; the rate of input when left out.',
    }),
    cacheWriteUsdPerMillion: t.field({
      type: 'Decimal',
      description: 'For input tokens written to a cache; the rate of input when left out.',
    }),
    reasoningUsdPerMillion: t.field({
      type: 'Decimal',
      description: 'For output tokens spent on reasoning; the rate of output when left out.',
    }),
  }),
});

builder.mutationField('setModelPrice', (t) =>
  t.field({
    type: ModelPriceRef,
    description:
      'Sets a price for calls made from an instant on, and ends the one that held then. Calls that are recorded keep their cost. VALIDATION_ERROR where it would hold at the same time as a price that begins later.',
    args: {
      input: t.arg({ type: SetModelPriceInput, required: true, description: 'The price.' }),
      tenantId: t.arg.id({
        description: 'Tenant that it holds in; otherwise your own, and for superusers all: a platform price.',
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
      };
      return addToTenant(tenant, () => setModelPrice(context.em, context.principal, price, context.now));
    },
  }),
);
