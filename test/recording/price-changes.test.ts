import { Big } from 'big.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CreateTenant, Prices, Record as RecordCall, SetPrice } from '../acceptance/operations.ts';

const tenantId = 'acme';
const model = { provider: 'p', model: 'm' };
const changes = 20;

describeOnEachDatabase('a price that was just set', (kind) => {
  let setter: TestGateway;
  let recorder: TestGateway;
  beforeAll(async () => {
    const database = await createTestDatabase(kind);
    recorder = await startTestGateway(kind, { database });
    // The embedded database is one process's; a server's prices may be set by way of another gateway.
    setter =
      kind === 'embedded'
        ? recorder
        : await startTestGateway(kind, { database: { config: database.config, drop: async () => undefined } });
    await setter.ask(CreateTenant, { input: { id: tenantId, name: 'Acme' } });
  });
  afterAll(async () => {
    if (setter !== recorder) await setter.close();
    await recorder.close();
  });

  /** Each change makes a million input tokens a dollar dearer, for calls of all times. */
  const setPrice = async (usd: number) => {
    const at = new Date(Date.UTC(2026, 0, usd)).toISOString();
    const input = { ...model, effectiveFrom: at, inputUsdPerMillion: String(usd), outputUsdPerMillion: '0' };
    await setter.ask(SetPrice, { tenantId, input });
    return at;
  };
  const record = async (occurredAt: string) => {
    const input = { ...model, tenantId, inputTokens: 1_000_000, outputTokens: 0, occurredAt };
    return (await recorder.ask(RecordCall, { input })).recordUsage.event;
  };

  it('holds for the next call, wherever it was set', async () => {
    let latest = { usd: 0, at: '' };
    const stop = new AbortController();
    const seen: { before: number; after: number; cost: string | null }[] = [];
    const writers = Array.from({ length: 4 }, async () => {
      while (!stop.signal.aborted) {
        const before = latest;
        if (before.usd === 0) await new Promise(setImmediate);
        // Of a time after every change: the price is the last one that is committed.
        else seen.push({ before: before.usd, cost: (await record('2026-03-01T00:00:00Z')).costUsd, after: latest.usd });
      }
    });
    for (let usd = 1; usd <= changes; usd++) {
      const at = await setPrice(usd);
      latest = { usd, at };
      expect((await record(at)).costUsd).toBe(String(usd));
    }
    stop.abort();
    await Promise.all(writers);

    expect(seen.length).toBeGreaterThan(changes);
    for (const { before, cost, after } of seen) {
      expect(Number(cost)).toBeGreaterThanOrEqual(before);
      // One change may be committed whose answer is not read yet.
      expect(Number(cost)).toBeLessThanOrEqual(after + 1);
    }
  });

  it('leaves every cost in the ledger one that its own price gives', async () => {
    const { modelPrices } = await setter.ask(Prices, { tenantId });
    const rows = await recorder.database.orm.em.fork().execute<{ cost: string; price: string }[]>(
      `select cost_usd as cost, input_usd_per_million as price from usage_call
         join model_price on model_price.id = price_id where cost_source = 'TENANT_PRICE'`,
    );
    expect(modelPrices.edges).toHaveLength(changes);
    expect(rows.length).toBeGreaterThan(changes);
    expect(rows.filter(({ cost, price }) => !new Big(cost).eq(price))).toEqual([]);
  });
});
