import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import type { CreateApiKeyInput, RecordUsageInput, SetModelPriceInput } from './gql/graphql.ts';
import {
  CreateApiKey,
  CreateTenant,
  Estimate,
  Prices,
  Record as RecordCall,
  RecordBatch,
  SetPrice,
  Totals,
} from './operations.ts';

const million = 1_000_000;
const day = (date: number) => `2026-03-${String(date).padStart(2, '0')}T00:00:00.000Z`;

describeOnEachDatabase('prices', (kind) => {
  let gateway: TestGateway;
  let no = 0;
  let tenantId: string;
  let model: string;
  const now = new Date('2026-03-20T12:00:00Z');
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => now });
  });
  afterAll(() => gateway.close());
  beforeEach(async () => {
    no++;
    tenantId = `tenant${no}`;
    model = `model-${no}x`;
    await gateway.ask(CreateTenant, { input: { id: tenantId, name: tenantId } });
  });

  const price = (input: string, more: Partial<SetModelPriceInput> = {}): SetModelPriceInput => ({
    provider: 'acme-ai',
    model,
    effectiveFrom: day(1),
    inputUsdPerMillion: input,
    outputUsdPerMillion: '0',
    ...more,
  });
  const set = async (tenant: string | null, input: SetModelPriceInput) =>
    (await gateway.ask(SetPrice, { tenantId: tenant, input })).setModelPrice;
  const record = async (more: Partial<RecordUsageInput> = {}) => {
    const input = { tenantId, provider: 'acme-ai', model, inputTokens: million, outputTokens: 0, occurredAt: day(10) };
    return (await gateway.ask(RecordCall, { input: { ...input, ...more } })).recordUsage.event;
  };
  const refusal = async (tenant: string | null, input: SetModelPriceInput, key?: string) => {
    const { errors } = await gateway.send(SetPrice, { tenantId: tenant, input }, key);
    return errors[0]?.extensions;
  };

  it('are the tenant’s own before the platform’s before the catalogue’s', async () => {
    expect(await record()).toMatchObject({ costUsd: null, costSource: 'UNPRICED', priceId: null });
    const platform = await set(null, price('2'));
    expect(platform.source).toBe('PLATFORM_PRICE');
    expect(await record()).toMatchObject({ costUsd: '2', costSource: 'PLATFORM_PRICE', priceId: platform.id });
    const own = await set(tenantId, price('3'));
    expect(own).toMatchObject({ source: 'TENANT_PRICE', provider: 'acme-ai', model, effectiveTo: null });
    expect(await record()).toMatchObject({ costUsd: '3', costSource: 'TENANT_PRICE', priceId: own.id });
    expect(await record({ tenantId: 'another' })).toMatchObject({ costUsd: '2', costSource: 'PLATFORM_PRICE' });
    expect(await record({ costUsd: '7' })).toMatchObject({ costUsd: '7', costSource: 'CALLER', priceId: null });
    const { usage } = await gateway.ask(Totals, { tenantId });
    expect(usage.totals).toMatchObject({ totalCalls: 4, unpricedCalls: 1, totalCostUsd: '12' });
  });

  it('of the catalogue give way to both', async () => {
    const call = { provider: 'openai', model: 'gpt-4o-mini' };
    expect(await record(call)).toMatchObject({
      costUsd: '0.15',
      costSource: 'CATALOGUE',
      priceId: expect.stringMatching(/^genai-prices@.*\/openai\/gpt-4o-mini$/),
    });
    await set(tenantId, price('0.1', call));
    expect(await record(call)).toMatchObject({ costUsd: '0.1', costSource: 'TENANT_PRICE' });
    // A model without a date stands for its dated names, by any name of the provider.
    expect(await record({ provider: 'OpenAI', model: 'gpt-4o-mini-2024-07-18' })).toMatchObject({ costUsd: '0.1' });
    await set(tenantId, price('0.2', { provider: 'openai', model: 'gpt-4o-mini-2024-07-18' }));
    expect(await record({ provider: 'openai', model: 'gpt-4o-mini-2024-07-18' })).toMatchObject({ costUsd: '0.2' });
  });

  it('hold for the time of the call, and what was recorded keeps its cost', async () => {
    await set(tenantId, price('1', { effectiveFrom: day(2) }));
    const early = await record();
    const later = await set(tenantId, price('5', { effectiveFrom: day(5), effectiveTo: day(8) }));
    const costs = [];
    for (const occurredAt of ['2026-03-01T23:59:59.999Z', day(2), '2026-03-04T23:59:59.999Z', day(5), day(8)])
      costs.push((await record({ occurredAt })).costUsd);
    expect(costs).toEqual([null, '1', '1', '5', null]);
    expect(early.costUsd).toBe('1');
    const { modelPrices } = await gateway.ask(Prices, { tenantId, provider: 'acme-ai' });
    const own = modelPrices.edges.map(({ node }) => node).filter((node) => node.model === model);
    expect(own).toEqual([
      expect.objectContaining({ effectiveFrom: day(2), effectiveTo: day(5) }),
      expect.objectContaining({ id: later.id, effectiveFrom: day(5), effectiveTo: day(8) }),
    ]);
    expect((await gateway.ask(Totals, { tenantId })).usage.totals.totalCostUsd).toBe('8');
  });

  it('begin now when no time is given', async () => {
    const { effectiveFrom } = await set(tenantId, { ...price('1'), effectiveFrom: null });
    expect(effectiveFrom).toBe(now.toISOString());
  });

  it('that would hold at the same time are refused', async () => {
    await set(tenantId, price('1', { effectiveFrom: day(5) }));
    expect(await refusal(tenantId, price('2', { effectiveFrom: day(5) }))).toMatchObject({
      code: 'VALIDATION_ERROR',
      field: 'effectiveFrom',
    });
    expect(await refusal(tenantId, price('2', { effectiveFrom: day(4) }))).toMatchObject({
      code: 'VALIDATION_ERROR',
      field: 'effectiveTo',
    });
    expect(await refusal(tenantId, price('2', { effectiveFrom: day(4), effectiveTo: day(6) }))).toMatchObject({
      field: 'effectiveTo',
    });
    await set(tenantId, price('2', { effectiveFrom: day(4), effectiveTo: day(5) }));
    // Another name of the same model is no way round.
    await set(tenantId, price('1', { provider: 'azure', model: 'gpt-x' }));
    expect(await refusal(tenantId, price('1', { provider: 'Azure OpenAI', model: 'GPT-X' }))).toMatchObject({
      field: 'effectiveFrom',
    });
  });

  it('that would hold at the same time are refused by the database itself', async () => {
    await set(tenantId, price('1'));
    const again = gateway.database.orm.em.fork().execute(
      `insert into model_price (id, tenant_id, provider, model, provider_key, model_key, effective_from,
         input_usd_per_million, output_usd_per_million)
       select 'again' || id, tenant_id, provider, model, provider_key, model_key, effective_from + interval '1 day', 1, 1
       from model_price where tenant_id = ?`,
      [tenantId],
    );
    await expect(again).rejects.toMatchObject({ code: '23P01' });
  });

  it('set by many at once never overlap, and each is set or refused', async () => {
    const days = Array.from({ length: 10 }, (_, index) => index + 1);
    const answers = await Promise.all(
      days.map((date) =>
        gateway.send(SetPrice, { tenantId, input: price(String(date), { effectiveFrom: day(date) }) }),
      ),
    );
    const set = answers.filter(({ errors }) => errors.length === 0).length;
    for (const { errors } of answers)
      for (const { extensions } of errors) expect(extensions).toMatchObject({ code: 'VALIDATION_ERROR' });
    const { modelPrices } = await gateway.ask(Prices, { tenantId, provider: 'acme-ai' });
    const own = modelPrices.edges.map(({ node }) => node).filter((node) => node.model === model);
    expect(own).toHaveLength(set);
    for (const [index, { effectiveTo }] of own.entries())
      expect(effectiveTo).toBe(own[index + 1]?.effectiveFrom ?? null);
  });

  it.each<[string, Partial<SetModelPriceInput>]>([
    ['inputUsdPerMillion', { inputUsdPerMillion: '-1' }],
    ['outputUsdPerMillion', { outputUsdPerMillion: '1e3' }],
    ['cachedInputUsdPerMillion', { cachedInputUsdPerMillion: '0.0000000000001' }],
    ['effectiveTo', { effectiveTo: day(1) }],
    ['effectiveFrom', { effectiveFrom: '2026-03-01T00:00:00' }],
    ['provider', { provider: '' }],
    ['model', { model: 'a\nb' }],
  ])('with an unfit %s are refused', async (field, more) => {
    expect(await refusal(tenantId, price('1', more))).toEqual({ code: 'VALIDATION_ERROR', field });
  });

  it('of the platform are set by superusers only, own ones by admins', async () => {
    const grants: Partial<CreateApiKeyInput>[] = [
      { role: 'TENANT_ADMIN' },
      { role: 'TENANT_MEMBER' },
      { scopes: ['USAGE_READ'] },
    ];
    const keys = [];
    for (const grant of grants) {
      const { createApiKey } = await gateway.ask(CreateApiKey, { tenantId, input: { name: 'key', ...grant } });
      keys.push(createApiKey.secret);
    }
    const [admin = '', ...others] = keys;
    const { setModelPrice } = await gateway.ask(SetPrice, { input: price('4') }, admin);
    expect(setModelPrice.source).toBe('TENANT_PRICE');
    expect(await refusal('another-tenant', price('4'), admin)).toMatchObject({ code: 'FORBIDDEN' });
    for (const key of others) expect(await refusal(null, price('4'), key)).toMatchObject({ code: 'FORBIDDEN' });
    expect(await refusal('no-such-tenant', price('4'))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('of another tenant are not listed, and price nothing here', async () => {
    await gateway.ask(CreateTenant, { input: { id: `${tenantId}-other`, name: 'Other' } });
    await set(`${tenantId}-other`, price('1'));
    const { modelPrices } = await gateway.ask(Prices, { tenantId, provider: 'acme-ai', first: 1000 });
    expect(modelPrices.edges.filter(({ node }) => node.model === model)).toEqual([]);
    expect(await record()).toMatchObject({ costSource: 'UNPRICED' });
  });

  it('of a provider that has no name are refused', async () => {
    const { errors } = await gateway.send(Prices, { tenantId, provider: '\0' });
    expect(errors[0]?.extensions).toEqual({ code: 'VALIDATION_ERROR', field: 'provider' });
  });

  it('are listed in pages', async () => {
    for (const date of [1, 2, 3]) await set(tenantId, price('1', { provider: 'paged', effectiveFrom: day(date) }));
    await set(null, price('9', { provider: 'paged' }));
    const pageAfter = async (after: string | null | undefined) =>
      (await gateway.ask(Prices, { tenantId, provider: 'paged', first: 1, after: after ?? null })).modelPrices;
    const seen: string[] = [];
    let page = await pageAfter(null);
    for (;;) {
      seen.push(...page.edges.map(({ node }) => `${node.source} ${node.effectiveFrom}`));
      if (!page.pageInfo.hasNextPage) break;
      page = await pageAfter(page.pageInfo.endCursor);
    }
    expect(seen.toSorted()).toEqual(
      [`PLATFORM_PRICE ${day(1)}`, ...[1, 2, 3].map((date) => `TENANT_PRICE ${day(date)}`)].toSorted(),
    );
    const { modelPrices } = await gateway.ask(Prices, { provider: 'paged' });
    expect(modelPrices.edges.map(({ node }) => node.source)).toEqual(['PLATFORM_PRICE']);
  });

  it('estimate what recording the call then costs', async () => {
    await set(tenantId, price('3', { effectiveTo: day(6) }));
    await set(null, price('2'));
    for (const at of [day(1), day(6), '2026-02-01T00:00:00.000Z']) {
      const variables = { provider: 'acme-ai', model, inputTokens: 1234, at, tenantId };
      const { costUsd, costSource, priceId } = await record({ inputTokens: 1234, occurredAt: at });
      expect((await gateway.ask(Estimate, variables)).estimateCost).toEqual({ costUsd, costSource, priceId });
    }
    const ofPlatform = await gateway.ask(Estimate, { provider: 'acme-ai', model, inputTokens: million, at: day(1) });
    expect(ofPlatform.estimateCost).toMatchObject({ costUsd: '2', costSource: 'PLATFORM_PRICE' });
  });

  it('are audited with the one that they end', async () => {
    const first = await set(tenantId, price('1'));
    const second = await set(tenantId, price('2', { effectiveFrom: day(3) }));
    const rows = await gateway.database.orm.em
      .fork()
      .execute<{ actor: string; action: string; target: string; details: Record<string, unknown> }[]>(
        `select actor, action, target, details from audit_event
         where tenant_id = ? and action = 'price.set' order by id`,
        [tenantId],
      );
    expect(rows).toMatchObject([
      { actor: 'key:environment', action: 'price.set', target: first.id, details: { ended: null } },
      { action: 'price.set', target: second.id, details: { ended: first.id, inputUsdPerMillion: '2' } },
    ]);
  });

  it('price the calls of a batch each by its own', async () => {
    await set(tenantId, price('1'));
    const call = { tenantId, provider: 'acme-ai', inputTokens: million, outputTokens: 0, occurredAt: day(10) };
    await gateway.ask(RecordBatch, {
      inputs: [
        { ...call, model },
        { ...call, model: 'nothing' },
        { ...call, model, costUsd: '0.5' },
        { ...call, provider: 'openai', model: 'gpt-4o-mini' },
      ],
    });
    const { usage } = await gateway.ask(Totals, { tenantId });
    expect(usage.totals).toMatchObject({ totalCalls: 4, unpricedCalls: 1, totalCostUsd: '1.65' });
  });
});
