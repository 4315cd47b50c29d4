import { print } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RecordUsageInput } from '../acceptance/gql/graphql.ts';
import { Prices, Record as RecordCall, RecordBatch, SetPrice, Totals } from '../acceptance/operations.ts';
import { createTestDatabase, describeOnEachDatabase, unavailable } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { ask, bearer } from '../web/requests.ts';
import { startCuttingProxy, type CuttingProxy } from './cutting-proxy.ts';

const minuteMs = 60_000;

const call = (tenantId: string, requestId: string): RecordUsageInput => ({
  tenantId,
  requestId,
  inputTokens: 7,
  outputTokens: 3,
  costUsd: '0.25',
});

async function expectStoredOnce(gateway: TestGateway, tenantId: string, calls: number) {
  const { usage } = await gateway.ask(Totals, { tenantId });
  expect(usage.totals).toMatchObject({ totalCalls: calls, totalCostUsd: String(calls * 0.25) });
}

describeOnEachDatabase('a client that lost the answer', (kind) => {
  let gateway: TestGateway;
  let proxy: CuttingProxy;
  let now = Date.parse('2026-04-15T12:00:00Z');
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => new Date(now) });
    proxy = await startCuttingProxy(gateway.url);
  });
  afterAll(async () => {
    await proxy.close();
    await gateway.close();
  });

  const losesTheAnswer = async (document: Parameters<typeof print>[0], variables: Record<string, unknown>) => {
    proxy.cutBefore('RECORDED');
    const sending = ask({ url: proxy.url.replace(/\/$/, '') }, print(document), bearer(superuserKey), variables);
    await expect(sending).rejects.toThrow(TypeError);
  };

  it.each<[string, { occurredAt?: string }]>([
    ['with its time', { occurredAt: '2026-04-15T11:00:00Z' }],
    ['without its time, when the clock has moved on', {}],
  ])('is told DUPLICATE when it sends the call again %s', async (how, time) => {
    const input = { ...call(how, 'one'), ...time };
    await losesTheAnswer(RecordCall, { input });
    const recordedAt = now;
    now += 90 * minuteMs;
    const { recordUsage } = await gateway.ask(RecordCall, { input });
    expect(recordUsage).toMatchObject({
      outcome: 'DUPLICATE',
      event: { occurredAt: new Date(time.occurredAt ?? recordedAt).toISOString() },
    });
    await expectStoredOnce(gateway, how, 1);
  });

  it('is told DUPLICATE for each call of a batch that it sends again, and RECORDED for those it adds', async () => {
    const inputs = Array.from({ length: 10 }, (_, index) => call('batch', `call-${index}`));
    await losesTheAnswer(RecordBatch, { inputs });
    now += minuteMs;
    const { recordUsageBatch } = await gateway.ask(RecordBatch, {
      inputs: [...inputs, call('batch', 'another')].toReversed(),
    });
    expect(recordUsageBatch).toMatchObject({ recorded: 1, duplicates: 10, rejected: 0 });
    expect(recordUsageBatch.results[0]).toMatchObject({ requestId: 'another', outcome: 'RECORDED' });
    await expectStoredOnce(gateway, 'batch', 11);
  });

  it('may send a part of a lost batch as single calls', async () => {
    const inputs = ['a', 'b', 'c'].map((requestId) => call('parts', requestId));
    await losesTheAnswer(RecordBatch, { inputs });
    for (const input of inputs)
      expect((await gateway.ask(RecordCall, { input })).recordUsage.outcome).toBe('DUPLICATE');
    await expectStoredOnce(gateway, 'parts', 3);
  });
});

const reason = unavailable('postgres');

describe.skipIf(reason)(`a gateway that lost the answer to its commit${reason ? ` (left out: ${reason})` : ''}`, () => {
  let gateway: TestGateway;
  let proxy: CuttingProxy;
  beforeAll(async () => {
    const { config, drop } = await createTestDatabase('postgres');
    proxy = await startCuttingProxy(config.databaseUrl ?? '');
    gateway = await startTestGateway('postgres', { database: { config: { ...config, databaseUrl: proxy.url }, drop } });
  });
  afterAll(async () => {
    await gateway.close();
    await proxy.close();
  });
  let cutsBefore = 0;
  beforeEach(() => {
    cutsBefore = proxy.cuts();
    // What the server says of the statement that stores calls; it sends so little only when it has committed.
    proxy.cutBefore('recorded_ms');
  });

  it('acknowledges the call all the same, and stores it once', async () => {
    const input = call('single', 'one');
    const first = await gateway.ask(RecordCall, { input });
    expect(proxy.cuts()).toBe(cutsBefore + 1);
    const second = await gateway.ask(RecordCall, { input });
    expect(second.recordUsage).toEqual({ outcome: 'DUPLICATE', event: first.recordUsage.event });
    await expectStoredOnce(gateway, 'single', 1);
  });

  it('acknowledges the calls of a batch all the same, and stores each once', async () => {
    const inputs = Array.from({ length: 10 }, (_, index) => call('batch', `call-${index}`));
    const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs });
    expect(proxy.cuts()).toBe(cutsBefore + 1);
    expect(recordUsageBatch.recorded + recordUsageBatch.duplicates).toBe(10);
    const again = await gateway.ask(RecordBatch, { inputs });
    expect(again.recordUsageBatch).toMatchObject({ recorded: 0, duplicates: 10, rejected: 0 });
    await expectStoredOnce(gateway, 'batch', 10);
  });

  it('sets a price all the same, and sets it once', async () => {
    proxy.cutBefore('COMMIT\0');
    const input = { provider: 'p', model: 'm', inputUsdPerMillion: '1', outputUsdPerMillion: '1' };
    const { setModelPrice } = await gateway.ask(SetPrice, { input });
    expect(proxy.cuts()).toBe(cutsBefore + 1);
    const { modelPrices } = await gateway.ask(Prices, {});
    expect(modelPrices.edges.map(({ node }) => node.id)).toEqual([setModelPrice.id]);
  });
});
