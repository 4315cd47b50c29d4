import { isLeftOut } from '../caller/principal.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { builder } from '../graphql/builder.ts';
import { connectionType, pageArgs, readPage, toConnection } from '../graphql/connection.ts';
import { identifier } from '../values/identifier.ts';
import type { Decimal } from '../values/money.ts';
import { readable } from '../values/unreadable.ts';
import { usdPerUnit } from './cost.ts';
import { catalogueVersion } from './catalogue/price-catalogue.repository.ts';
import type { Catalogue, ListedPrice } from './catalogue/catalogue.ts';
import { UnitPriceRef } from './price-parts.type.ts';
import { providerName } from './provider-names.ts';
import { isFieldUnit } from './unit-kinds.ts';

const perMillion =
  (unit: string) =>
  ({ price }: ListedPrice): Decimal | null =>
    price.rates.get(unit)?.base ?? null;

const CataloguePriceRef = builder.objectRef<ListedPrice>('CataloguePrice').implement({
  description:
    'The public price of a model in the standard service tier, in USD per million tokens. Where rates depend on the context, these are those of the shortest.',
  fields: (t) => ({
    provider: t.exposeString('provider', { description: 'Provider, by the name that the catalogue has for it.' }),
    model: t.exposeString('model', { description: 'Model; other names may have the same price.' }),
    inputUsdPerMillion: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Rate for input tokens; null when they have no price.',
      resolve: perMillion('input_tokens'),
    }),
    outputUsdPerMillion: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Rate for output tokens; null when they have no price.',
      resolve: perMillion('output_tokens'),
    }),
    cachedInputUsdPerMillion: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Rate for input tokens read from a cache; null when they have no price.',
      resolve: perMillion('cache_read_tokens'),
    }),
    cacheWriteUsdPerMillion: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Rate for input tokens written to a cache; null when they have no price.',
      resolve: perMillion('cache_write_tokens'),
    }),
    cacheWrite1hUsdPerMillion: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Rate for input tokens that a cache keeps for an hour; null when they have no price.',
      resolve: perMillion('cache_write_1h_tokens'),
    }),
    units: t.field({
      type: [UnitPriceRef],
      description: 'Prices of units, such as web searches, audio tokens or seconds of audio, rounded to 24 decimals.',
      resolve: ({ price }) =>
        [...price.rates]
          .filter(([unit]) => !isFieldUnit(unit) || unit === 'output_reasoning_tokens')
          .map(([unit, rate]) => ({ unit, usdPerUnit: usdPerUnit(rate) }))
          .toSorted((a, b) => (a.unit < b.unit ? -1 : 1)),
    }),
  }),
});

const CataloguePriceConnection = connectionType('CataloguePrice', CataloguePriceRef);

/** The catalogue that holds, once a request. Loaded on demand, so that starting does not wait for it. */
async function currentCatalogue({ em }: RequestContext): Promise<Catalogue> {
  const { catalogueOf } = await import('./catalogue/current-catalogue.ts');
  return catalogueOf(em.fork(), await catalogueVersion(em.fork()));
}

builder.queryField('cataloguePrices', (t) =>
  t.field({
    type: CataloguePriceConnection,
    description:
      "Public prices at an instant, by provider and model: what calls cost that neither the tenant's nor the platform's prices are for.",
    args: {
      provider: t.arg.string({ description: 'Only prices of this provider, under any of its usual names.' }),
      search: t.arg.string({ description: 'Only models whose name has this in it, in upper or lower case.' }),
      at: t.arg({ type: 'DateTime', description: 'The instant of the prices; now when left out.' }),
      ...pageArgs(),
    },
    authScopes: { authenticated: true },
    resolve: async (_parent, args, context) => {
      const page = readPage(args, 2);
      const at = readable(args.at, 'at') ?? context.now;
      const provider = isLeftOut(args.provider) ? undefined : providerName(identifier(args.provider, 'provider')).name;
      const search = isLeftOut(args.search) ? undefined : identifier(args.search, 'search').toLowerCase();
      const catalogue = await context.once(currentCatalogue);
      const rows: ListedPrice[] = [];
      for (const row of catalogue.list(at, { provider, search, after: page.after })) {
        rows.push(row);
        if (rows.length > page.first) break;
      }
      return toConnection(rows, page, ({ provider, model }) => [provider, model]);
    },
  }),
);
