import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { signals } from '../../src/telemetry/signals.ts';
import { fold } from '../../src/rollup/fold.service.ts';
import { rebuild } from '../../src/rollup/rebuild.service.ts';
import { tenantId } from '../../src/values/identifier.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { subscribe, type Subscription } from '../support/subscription.ts';

interface Updates {
  usageUpdates: { totals: { totalCalls: number; totalCostUsd: string } };
}

const totals = `subscription ($tenantId: ID, $filters: UsageFilters, $everyMs: Int) {
  usageUpdates(tenantId: $tenantId, filters: $filters, everyMs: $everyMs) { totals { totalCalls totalCostUsd } filtersApplied { to } }
}`;

describeOnEachDatabase('usageUpdates', (kind) => {
  let gateway: TestGateway;
  let other: TestGateway;
  let tenant: string;
  let made: number;
  let stopCounting: () => void;
  const open: Subscription<Updates>[] = [];

  beforeAll(async () => {
    const database = await createTestDatabase(kind);
    gateway = await startTestGateway(kind, { database, folding: false });
    // The embedded database is one process's.
    other =
      kind === 'embedded'
        ? gateway
        : await startTestGateway(kind, {
            database: { config: database.config, drop: async () => undefined },
            folding: false,
          });
    stopCounting = signals.liveAnswer.on(() => made++);
  });
  afterAll(async () => {
    stopCounting();
    if (other !== gateway) await other.close();
    await gateway.close();
  });
  let tenants = 0;
  beforeEach(async () => {
    tenant = `tenant-${++tenants}`;
    made = 0;
    await mutate(gateway, `createTenant(input: { id: "${tenant}", name: "Tenant" }) { id }`);
  });
  afterEach(() => {
    for (const stream of open.splice(0)) stream.close();
  });

  async function mutate(through: TestGateway, field: string): Promise<void> {
    const { errors } = await through.send(`mutation { ${field} }`);
    expect(errors).toEqual([]);
  }
  const record = (id: string, more = '', through = gateway) =>
    mutate(
      through,
      `recordUsage(input: { tenantId: "${tenant}", requestId: "${id}", inputTokens: 1, outputTokens: 1 ${more} }) { outcome }`,
    );
  async function follow(variables: object = {}, through = gateway): Promise<Subscription<Updates>> {
    const stream = await subscribe<Updates>(through, totals, {
      variables: { tenantId: tenant, everyMs: 250, ...variables },
    });
    open.push(stream);
    return stream;
  }
  const calls = async (stream: Subscription<Updates>) => (await stream.data()).usageUpdates.totals.totalCalls;
  const cost = async (stream: Subscription<Updates>) => (await stream.data()).usageUpdates.totals.totalCostUsd;
  /** Resolves after several looks, in which an update would have been seen. */
  async function untilLooked(): Promise<void> {
    let looks = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = signals.statement.on(() => ++looks === 8 && resolve());
    await promise;
    stop();
  }

  it('begins with the report as it is, with what was recorded before', async () => {
    await record('before');
    expect(await calls(await follow())).toBe(1);
  });

  it('comes again when a call is recorded, through whichever gateway', async () => {
    const streams = [await follow(), await follow({}, other)];
    for (const stream of streams) expect(await calls(stream)).toBe(0);
    await record('one');
    for (const stream of streams) expect(await calls(stream)).toBe(1);
    await record('two', '', other);
    for (const stream of streams) expect(await calls(stream)).toBe(2);
  });

  it('comes again when a call is voided, replaced and priced again', async () => {
    await record('call', 'provider: "p", model: "m"');
    const stream = await follow();
    expect(await cost(stream)).toBe('0');
    await mutate(
      gateway,
      `setModelPrice(tenantId: "${tenant}", input: { provider: "p", model: "m", effectiveFrom: "2020-01-01T00:00:00Z", inputUsdPerMillion: "1000000", outputUsdPerMillion: "1000000" }) { id }`,
    );
    await mutate(
      other,
      `repriceUsage(tenantId: "${tenant}", from: "2020-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z", scope: UNPRICED, reason: "Known now.", dryRun: false) { calls }`,
    );
    expect(await cost(stream)).toBe('2');
    await mutate(
      other,
      `recordUsage(input: { tenantId: "${tenant}", requestId: "call", provider: "p", model: "m", inputTokens: 1, outputTokens: 3, replaces: true }) { outcome }`,
    );
    expect(await cost(stream)).toBe('4');
    await mutate(gateway, `voidUsage(tenantId: "${tenant}", requestId: "call", reason: "Twice.") { requestId }`);
    expect(await calls(stream)).toBe(0);
  });

  it('does not come for what changes nothing that it shows', async () => {
    await record('call', 'agentId: "bot"');
    const stream = await follow({ filters: { agentId: ['bot'] } });
    expect(await calls(stream)).toBe(1);
    await record('call', 'agentId: "bot"');
    await record('of-another', 'agentId: "other"');
    await untilLooked();
    expect(stream.waiting()).toEqual([]);
    await record('again', 'agentId: "bot"');
    expect(await calls(stream)).toBe(2);
  });

  it('is not even made while nothing happens, by a fold, or by making summaries anew', async () => {
    for (const id of ['a', 'b', 'c']) await record(id);
    await mutate(gateway, `voidUsage(tenantId: "${tenant}", requestId: "c", reason: "Twice.") { requestId }`);
    const stream = await follow();
    expect(await calls(stream)).toBe(2);
    expect(made).toBe(1);
    await untilLooked();
    const { em } = gateway.database.orm;
    while ((await fold(em.fork(), 1000)).more);
    await untilLooked();
    await record('d');
    expect(await calls(stream)).toBe(3);
    await rebuild(em.fork(), tenantId(tenant));
    await untilLooked();
    expect(stream.waiting()).toEqual([]);
    expect(made).toBe(2);
  });

  it('is made no more often than everyMs says, however much is recorded', async () => {
    const everyMs = 1000;
    const begunMs = performance.now();
    const stream = await follow({ everyMs });
    expect(await calls(stream)).toBe(0);
    let recorded = 0;
    const isGoingOn = () => made < 4;
    while (isGoingOn()) await record(`call-${++recorded}`);
    const possible = 1 + Math.floor((performance.now() - begunMs) / everyMs);
    expect(made).toBeLessThanOrEqual(possible);
    expect(stream.waiting().length).toBeLessThanOrEqual(possible);
    let seen = 0;
    while (seen < recorded) seen = await calls(stream);
    expect(seen).toBe(recorded);
  });

  it('begins with all that was recorded while nobody was connected', async () => {
    const stream = await follow();
    expect(await calls(stream)).toBe(0);
    stream.close();
    await record('meanwhile', '', other);
    expect(await calls(await follow())).toBe(1);
  });

  it('of one tenant is not made when another one records', async () => {
    const stream = await follow();
    expect(await calls(stream)).toBe(0);
    await mutate(
      gateway,
      `recordUsage(input: { tenantId: "${tenant}-neighbour", inputTokens: 1, outputTokens: 1 }) { outcome }`,
    );
    await untilLooked();
    expect(made).toBe(1);
    expect(stream.waiting()).toEqual([]);
  });

  it('says what is wrong with a question, and ends', async () => {
    const refusal = async (query: string) => {
      const stream = await subscribe<Updates>(gateway, query);
      const results = await stream.rest();
      return results.map(({ data, errors }) => [data ?? null, errors?.[0]?.extensions]);
    };
    const ask = (args: string) => refusal(`subscription { usageUpdates(${args}) { totals { totalCalls } } }`);
    const of = `tenantId: "${tenant}"`;
    expect(await ask(`${of}, everyMs: 249`)).toEqual([[null, { code: 'VALIDATION_ERROR', field: 'everyMs' }]]);
    expect(await ask(`${of}, everyMs: 3600001`)).toEqual([[null, { code: 'VALIDATION_ERROR', field: 'everyMs' }]]);
    expect(await ask(`${of}, period: TODAY, from: "2026-01-01T00:00:00Z"`)).toEqual([
      [null, { code: 'VALIDATION_ERROR', field: 'period' }],
    ]);
    expect(await ask('everyMs: 1000')).toEqual([[null, { code: 'VALIDATION_ERROR', field: 'tenantId' }]]);
    expect(await ask('tenantId: "nobody"')).toEqual([[null, { code: 'NOT_FOUND' }]]);
    expect(await ask('tenantId: 1 nothing: 2')).toEqual([
      [null, expect.objectContaining({ code: 'VALIDATION_ERROR' })],
    ]);
    // Of a report that can never be made, the reason is all that comes.
    await record('old', 'occurredAt: "2020-01-01T00:00:00Z"');
    expect(
      await refusal(`subscription { usageUpdates(${of}, bucket: MINUTE) { buckets { stats { totalCalls } } } }`),
    ).toEqual([[null, { code: 'VALIDATION_ERROR', field: 'bucket' }]]);
  });

  it('is refused to who does not accept a stream', async () => {
    const stream = await subscribe(gateway, totals, { variables: { tenantId: tenant }, accept: 'application/json' });
    expect(stream.status).toBe(406);
    stream.close();
  });
});
