import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { formatDecimal } from '../../src/values/money.ts';
import { PriceBook, type Billable } from '../../src/pricing/price-book.ts';
import { tenantId as toTenantId } from '../../src/values/identifier.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import type { SetModelPriceInput } from './gql/graphql.ts';
import { CataloguePrices, CreateTenant, DetailedPrices, EstimateMore, SetDetailedPrice } from './operations.ts';

const million = 1_000_000;
const effectiveFrom = '2026-03-01T00:00:00.000Z';

describeOnEachDatabase('prices of one’s own', (kind) => {
  let gateway: TestGateway;
  let no = 0;
  let tenantId: string;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => new Date('2026-11-25T12:00:00Z') });
  });
  afterAll(() => gateway.close());
  beforeEach(async () => {
    no++;
    tenantId = `tenant${no}`;
    await gateway.ask(CreateTenant, { input: { id: tenantId, name: tenantId } });
  });

  const price = (input: string, more: Partial<SetModelPriceInput> = {}): SetModelPriceInput => ({
    provider: 'acme-ai',
    model: 'm',
    effectiveFrom,
    inputUsdPerMillion: input,
    outputUsdPerMillion: '0',
    ...more,
  });
  const set = async (input: SetModelPriceInput, tenant: string | null = tenantId) =>
    (await gateway.ask(SetDetailedPrice, { tenantId: tenant, input })).setModelPrice;
  const refusal = async (input: SetModelPriceInput) =>
    (await gateway.send(SetDetailedPrice, { tenantId, input })).errors[0];
  const costOf = async (more: Partial<Billable> = {}) => {
    const call: Billable = {
      tenantId: toTenantId(tenantId),
      provider: 'acme-ai',
      model: 'm',
      occurredAt: new Date('2026-03-10T00:00:00Z'),
      inputTokens: million,
      outputTokens: 0,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      cacheWrite1hTokens: 0,
      reasoningTokens: 0,
      ...more,
    };
    const { costs } = await new PriceBook().priceAll(gateway.database.orm.em.fork(), [call]);
    const [cost] = costs;
    return cost?.costUsd ? formatDecimal(cost.costUsd) : (cost?.unpricedReason ?? '');
  };

  it('are for a service tier, and no other', async () => {
    const standard = await set(price('2'));
    expect(standard.serviceTier).toBe('standard');
    expect(await costOf()).toBe('2');
    expect(await costOf({ serviceTier: 'batch' })).toBe(
      'The price set for acme-ai / m is not for the service tier batch.',
    );
    await set(price('1', { serviceTier: 'Batch' }));
    expect(await costOf({ serviceTier: 'batch' })).toBe('1');
    expect(await costOf({ serviceTier: 'default' })).toBe('2');
    // Each tier has a time of its own.
    expect((await refusal(price('3', { serviceTier: 'batch' })))?.extensions).toMatchObject({ field: 'effectiveFrom' });
    const estimate = { provider: 'acme-ai', model: 'm', inputTokens: million, at: '2026-03-10T00:00:00Z', tenantId };
    expect((await gateway.ask(EstimateMore, { ...estimate, serviceTier: 'batch' })).estimateCost).toMatchObject({
      costUsd: '1',
      unpricedReason: null,
    });
    expect((await gateway.ask(EstimateMore, { ...estimate, serviceTier: 'flex' })).estimateCost).toMatchObject({
      costUsd: null,
      costSource: 'UNPRICED',
      unpricedReason: expect.stringContaining('flex'),
    });
  });

  it('of a tier come before the catalogue, which is not asked for others', async () => {
    const model = { provider: 'openai', model: 'gpt-4o' };
    await set(price('9', { ...model, serviceTier: 'flex' }));
    expect(await costOf({ ...model, serviceTier: 'flex' })).toBe('9');
    expect(await costOf(model)).toContain('not for the service tier standard');
  });

  it('change with the context, for the whole call', async () => {
    const tier = { aboveInputTokens: 200_000, inputUsdPerMillion: '4', outputUsdPerMillion: '8' };
    const { tiers } = await set(
      price('2', {
        outputUsdPerMillion: '6',
        cachedInputUsdPerMillion: '0.2',
        reasoningUsdPerMillion: '7',
        cacheWrite1hUsdPerMillion: '5',
        tiers: [{ ...tier, aboveInputTokens: 500_000, inputUsdPerMillion: '5', cacheWrite1hUsdPerMillion: '9' }, tier],
      }),
    );
    expect(tiers.map(({ aboveInputTokens }) => aboveInputTokens)).toEqual([200_000, 500_000]);
    expect(tiers[0]).toEqual({
      ...tier,
      cachedInputUsdPerMillion: null,
      cacheWriteUsdPerMillion: null,
      cacheWrite1hUsdPerMillion: null,
    });
    expect(await costOf({ inputTokens: 200_000 })).toBe('0.4');
    expect(await costOf({ inputTokens: 200_001 })).toBe('0.800004');
    expect(await costOf({ inputTokens: 500_001 })).toBe('2.500005');
    // What the tier leaves out has its input and output rates.
    expect(await costOf({ inputTokens: 300_000, cachedInputTokens: 300_000 })).toBe('1.2');
    expect(await costOf({ inputTokens: 100_000, outputTokens: million, reasoningTokens: million })).toBe('7.2');
    expect(await costOf({ inputTokens: 300_000, outputTokens: million, reasoningTokens: million })).toBe('9.2');
    const written = { cacheWriteTokens: 100_000, cacheWrite1hTokens: 100_000 };
    expect(await costOf({ inputTokens: 100_000, ...written })).toBe('0.5');
    expect(await costOf({ inputTokens: 300_000, ...written })).toBe(
      'The price has no rate for cache_write_1h_tokens of so many input tokens.',
    );
    expect(await costOf({ inputTokens: 600_000, ...written })).toBe('3.4');
  });

  it('have a rate for what is kept for an hour, or none', async () => {
    await set(price('2'));
    const written = { cacheWriteTokens: 400_000 };
    expect(await costOf(written)).toBe('2');
    expect(await costOf({ ...written, cacheWrite1hTokens: 100_000 })).toBe(
      'The price has no rate for cache_write_1h_tokens.',
    );
    const { cacheWrite1hUsdPerMillion } = await set(
      price('2', {
        effectiveFrom: '2026-03-05T00:00:00Z',
        cacheWriteUsdPerMillion: '2.5',
        cacheWrite1hUsdPerMillion: '4',
      }),
    );
    expect(cacheWrite1hUsdPerMillion).toBe('4');
    expect(await costOf({ ...written, cacheWrite1hTokens: 100_000 })).toBe('2.35');
  });

  it('are for units, and audio leaves the tokens that it is part of', async () => {
    const { units } = await set(
      price('2', {
        outputUsdPerMillion: '8',
        units: [
          { unit: 'input_audio_tokens', usdPerUnit: '0.00004' },
          { unit: 'dances', usdPerUnit: '0.50' },
        ],
      }),
    );
    expect(units).toEqual([
      { unit: 'input_audio_tokens', usdPerUnit: '0.00004' },
      { unit: 'dances', usdPerUnit: '0.5' },
    ]);
    expect(await costOf({ units: { dances: '1.5' } })).toBe('2.75');
    expect(await costOf({ units: { input_audio_tokens: 250_000 } })).toBe('11.5');
    expect(await costOf({ units: { web_searches: 1 } })).toBe('The price has no rate for web_searches.');
    const { modelPrices } = await gateway.ask(DetailedPrices, { tenantId, provider: 'acme-ai' });
    expect(modelPrices.edges.find(({ node }) => node.units.length > 0)?.node.units).toEqual(units);
  });

  it('by a pattern are for what it matches, the longest first', async () => {
    const openai = { provider: 'openai' };
    await set(price('1', { ...openai, model: '*' }));
    await set(price('3', { ...openai, model: 'ft:gpt-4.1-*' }));
    await set(price('2', { ...openai, model: 'FT:gpt-4*' }));
    await set(price('4', { ...openai, model: 'ft:gpt-4.1-mini:acme::1' }));
    await set(price('5', { ...openai, model: 'gpt-4.1' }));
    await set(price('6', { ...openai, model: 'gpt_4.1*' }));
    const input = (model: string) => costOf({ ...openai, model });
    expect(await input('ft:gpt-4.1-mini:acme::1')).toBe('4');
    expect(await input('ft:gpt-4.1-mini:acme::2')).toBe('3');
    expect(await input('ft:gpt-4o-2024-08-06:acme::2')).toBe('2');
    expect(await input('gpt-4.1-2025-04-14')).toBe('5');
    expect(await input('gpt-4o')).toBe('1');
    // The tenant's own shortest comes before the platform's longest.
    await set(price('7', { ...openai, model: 'gpt-4o-mini-2024-07-18' }), null);
    expect(await input('gpt-4o-mini-2024-07-18')).toBe('1');
  });

  it('are found by the name of the provider as it was set', async () => {
    const call = { provider: 'litellm', model: 'gpt-4o' };
    await set(price('3', { provider: 'openai', model: 'gpt-4o' }));
    expect(await costOf(call)).toBe('3');
    await set(price('4', call));
    expect(await costOf(call)).toBe('4');
    expect(await costOf({ ...call, provider: 'openai.chat' })).toBe('3');
  });

  it.each<[string, Partial<SetModelPriceInput>, string]>([
    ['tiers', { tiers: [tierAbove(5), tierAbove(5)] }, 'would never apply'],
    ['tiers', { tiers: [tierAbove(1_000_000_000)] }, 'would never apply'],
    ['tiers', { tiers: [tierAbove(-1)] }, 'whole number'],
    ['tiers', { tiers: [{ ...tierAbove(1), outputUsdPerMillion: '-1' }] }, 'negative'],
    ['tiers', { tiers: [{ ...tierAbove(1), cacheWrite1hUsdPerMillion: '1' }] }, 'needs that of the price'],
    ['tiers', { tiers: [{ ...tierAbove(1), inputUsdPerMillion: 'x' }] }, 'plain notation'],
    ['units', { units: [{ unit: 'input_tokens', usdPerUnit: '1' }] }, "calls have 'inputTokens'"],
    ['units', { units: [{ unit: 'Web Searches', usdPerUnit: '1' }] }, 'would never apply'],
    [
      'units',
      {
        units: [
          { unit: 'a', usdPerUnit: '1' },
          { unit: 'a', usdPerUnit: '2' },
        ],
      },
      'two prices',
    ],
    ['units', { units: [{ unit: 'a', usdPerUnit: '-1' }] }, 'negative'],
    ['serviceTier', { serviceTier: 'a\nb' }, 'serviceTier'],
    ['model', { provider: 'bedrock', model: 'arn:aws:bedrock:*' }, 'no call would have this price'],
  ])('that could never be used are refused: %s', async (field, more, message) => {
    const error = await refusal(price('1', more));
    expect(error?.extensions).toMatchObject({ code: 'VALIDATION_ERROR', field });
    expect(error?.message).toContain(message);
  });
});

function tierAbove(aboveInputTokens: number) {
  return { aboveInputTokens, inputUsdPerMillion: '1', outputUsdPerMillion: '1' };
}

describeOnEachDatabase('the catalogue’s prices', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => new Date('2026-11-25T12:00:00Z') });
  });
  afterAll(() => gateway.close());

  it('are listed at an instant, with units', async () => {
    const { cataloguePrices } = await gateway.ask(CataloguePrices, { provider: 'OpenAI', search: 'GPT-Realtime-2' });
    expect(cataloguePrices.edges.map(({ node }) => node)).toEqual([
      {
        provider: 'openai',
        model: 'gpt-realtime-2',
        inputUsdPerMillion: '4',
        outputUsdPerMillion: '24',
        cachedInputUsdPerMillion: '0.4',
        cacheWriteUsdPerMillion: null,
        cacheWrite1hUsdPerMillion: null,
        units: [
          { unit: 'cache_audio_read_tokens', usdPerUnit: '0.0000004' },
          { unit: 'cache_image_read_tokens', usdPerUnit: '0.0000005' },
          { unit: 'input_audio_tokens', usdPerUnit: '0.000032' },
          { unit: 'input_image_tokens', usdPerUnit: '0.000005' },
          { unit: 'output_audio_tokens', usdPerUnit: '0.000064' },
        ],
      },
    ]);
    const o3 = async (at: string) =>
      (await gateway.ask(CataloguePrices, { provider: 'openai', search: 'o3', at })).cataloguePrices.edges.find(
        ({ node }) => node.model === 'o3',
      )?.node.inputUsdPerMillion;
    expect(await o3('2025-06-09T23:00:00Z')).toBe('10');
    expect(await o3('2025-06-10T00:00:00Z')).toBe('2');
    const groq = await gateway.ask(CataloguePrices, { provider: 'groq', search: 'whisper-large-v3-turbo' });
    expect(groq.cataloguePrices.edges[0]?.node.units).toEqual([
      { unit: 'audio_seconds', usdPerUnit: '0.000011111111111111111111' },
      { unit: 'input_audio_seconds', usdPerUnit: '0.000011111111111111111111' },
    ]);
  });

  it('come in pages, each price once', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    for (;;) {
      const { cataloguePrices }: { cataloguePrices: Awaited<ReturnType<typeof page>> } = {
        cataloguePrices: await page(after),
      };
      seen.push(...cataloguePrices.edges.map(({ node }) => `${node.provider} ${node.model}`));
      if (!cataloguePrices.pageInfo.hasNextPage) break;
      after = cataloguePrices.pageInfo.endCursor ?? null;
    }
    expect(seen.length).toBeGreaterThan(1400);
    expect(new Set(seen).size).toBe(seen.length);

    async function page(cursor: string | null) {
      return (await gateway.ask(CataloguePrices, { first: 500, after: cursor })).cataloguePrices;
    }
  });
});
