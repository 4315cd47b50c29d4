import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CataloguePrices, CreateTenant, Record as RecordCall } from '../acceptance/operations.ts';
import { bundledData } from '../../src/pricing/catalogue/catalogue-data.ts';
import { Catalogue } from '../../src/pricing/catalogue/catalogue.ts';
import { parseProviders } from '../../src/pricing/catalogue/parse-providers.ts';
import { replaceCatalogue } from '../../src/pricing/catalogue/price-catalogue.repository.ts';
import { resetCatalogue, updateCatalogue } from '../../src/pricing/catalogue/price-catalogue.service.ts';
import { modelNames } from '../../src/pricing/model-names.ts';
import { isUnpriced } from '../../src/pricing/price.ts';
import { operator } from '../../src/caller/principal.ts';
import { OperatorError } from '../../src/values/errors.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

/** A list as its authors publish it: conditions without a type. */
const list = [
  {
    id: 'acme',
    name: 'Acme',
    api_pattern: '.*',
    models: [
      {
        id: 'acme-1',
        match: { or: [{ equals: 'acme-1' }, { starts_with: 'acme-one' }] },
        prices: [
          { prices: { input_mtok: 1, output_mtok: 2 } },
          {
            constraint: { start_date: '2026-02-01' },
            prices: { input_mtok: { base: 3, tiers: [{ start: 10, price: 4 }] } },
          },
        ],
      },
    ],
  },
];

/** The list with something else of its model. */
const withModel = (change: object): unknown =>
  list.map((provider) => ({ ...provider, models: provider.models.map((model) => ({ ...model, ...change })) }));

describe('a price list', () => {
  it('is read as its authors publish it', () => {
    const catalogue = new Catalogue({ id: 'x', providers: parseProviders(list) });
    const price = catalogue.price(modelNames('acme', 'acme-1').catalogue, new Date('2026-02-01T00:00:00Z'));
    expect(isUnpriced(price) ? price : price.id).toBe('x/acme/acme-1#1');
    expect(parseProviders(JSON.parse(JSON.stringify(bundledData.providers))).length).toBe(bundledData.providers.length);
  });

  it.each<[string, unknown]>([
    ['the file', { providers: [] }],
    ['the file', []],
    ['acme/acme-1/prices', withModel({ prices: { input_mtok: -1 } })],
    ['acme/acme-1/prices', withModel({ prices: { input_gallons: 1 } })],
    ['acme/acme-1/match', withModel({ match: { regex: '(' } })],
    ['acme/acme-1/match', withModel({ match: { sounds_like: 'x' } })],
    ['acme/acme-1/prices', withModel({ prices: [{ constraint: { start_date: 'soon' }, prices: {} }] })],
    ['twice', [...list, ...list]],
    ['acme/name', list.map(({ name: _name, ...provider }) => provider)],
  ])('with a mistake is refused, naming %s', (name, wrong) => {
    expect(() => parseProviders(wrong)).toThrow(OperatorError);
    expect(() => parseProviders(wrong)).toThrow(name);
  });

  it('keeps a correction only while it has the mistake', () => {
    const providers = parseProviders(JSON.parse(JSON.stringify(bundledData.providers)));
    const mistral = providers.find(({ id }) => id === 'mistral');
    const small = mistral?.models.find(({ id }) => id === 'mistral-small-latest');
    const priceOf = () => {
      const catalogue = new Catalogue({ id: 'x', providers });
      const price = catalogue.price(
        modelNames('mistral', 'mistral-small-latest').catalogue,
        new Date('2026-11-25T00:00:00Z'),
      );
      return isUnpriced(price) ? price.unpricedReason : [price.id, price.rates.get('input_tokens')?.base.toFixed()];
    };
    expect(priceOf()).toEqual(['x/mistral/mistral-small-latest#2;corrected', '0.15']);
    if (small) small.prices = { input_mtok: 0.2 };
    expect(priceOf()).toEqual(['x/mistral/mistral-small-latest', '0.2']);
  });
});

describeOnEachDatabase('a price list that an operator brings', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => new Date('2026-03-20T12:00:00Z') });
    await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme' } });
  });
  afterAll(() => gateway.close());

  const record = async (provider: string, model: string) => {
    const input = { tenantId: 'acme', provider, model, inputTokens: 10, outputTokens: 0 };
    const { costUsd, priceId } = (await gateway.ask(RecordCall, { input })).recordUsage.event;
    return { costUsd, priceId };
  };
  const em = () => gateway.database.orm.em.fork();
  const now = new Date('2026-03-20T12:00:00Z');

  it('prices the next call, and no call after it is taken back', async () => {
    expect(await record('acme', 'acme-1')).toMatchObject({ costUsd: null });
    expect(await record('openai', 'gpt-4o')).toMatchObject({ costUsd: '0.000025' });
    const { id, providers, models } = await updateCatalogue(em(), operator, list, now);
    expect({ providers, models }).toEqual({ providers: 1, models: 1 });
    expect(await record('acme', 'acme-one')).toEqual({ costUsd: '0.00003', priceId: `${id}/acme/acme-1#1` });
    expect(await record('openai', 'gpt-4o')).toMatchObject({ costUsd: null });
    const { cataloguePrices } = await gateway.ask(CataloguePrices, { at: '2026-01-01T00:00:00Z' });
    expect(cataloguePrices.edges.map(({ node }) => node)).toMatchObject([
      { provider: 'acme', inputUsdPerMillion: '1' },
    ]);

    const dearer = withModel({ prices: { input_mtok: 7 } });
    await updateCatalogue(em(), operator, dearer, now);
    expect(await record('acme', 'acme-1')).toMatchObject({ costUsd: '0.00007' });
    await expect(updateCatalogue(em(), operator, [], now)).rejects.toThrow('no providers');
    expect(await record('acme', 'acme-1')).toMatchObject({ costUsd: '0.00007' });

    await resetCatalogue(em(), operator, now);
    expect(await record('acme', 'acme-1')).toMatchObject({ costUsd: null });
    expect(await record('openai', 'gpt-4o')).toMatchObject({ costUsd: '0.000025' });
    const acts = await em().execute<{ action: string }[]>(
      `select action from audit_event where action like 'prices.%' order by id`,
    );
    expect(acts.map(({ action }) => action)).toEqual(['prices.updated', 'prices.updated', 'prices.reset']);
  });

  it('that this release cannot read is passed over, and calls are recorded', async () => {
    await replaceCatalogue(em(), { version: 'of-another-release', providers: [{ id: 'acme' }] }, now);
    await em().execute('update model_price_revision set revision = revision + 1');
    expect(await record('openai', 'gpt-4o')).toMatchObject({
      costUsd: '0.000025',
      priceId: expect.stringContaining(bundledData.id),
    });
  });
});
