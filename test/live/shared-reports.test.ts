import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../src/settings/config.ts';
import { signals } from '../../src/telemetry/signals.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { subscribe, type Subscription } from '../support/subscription.ts';

interface Updates {
  usageUpdates: { totals: { totalCalls: number } };
}

const { liveLimits } = loadConfig({});
const readers = 500;
const totals = `subscription ($tenantId: ID) {
  usageUpdates(tenantId: $tenantId, everyMs: 250) { totals { totalCalls } buckets { ts stats { totalCalls } } byAgent { agentId } }
}`;

describeOnEachDatabase('equal subscriptions', (kind) => {
  let gateway: TestGateway;
  let keys: string[];
  let made: number;
  let statements: number;
  const stops: (() => void)[] = [];

  beforeAll(async () => {
    gateway = await startTestGateway(kind, {
      folding: false,
      clock: () => new Date(),
      config: { liveLimits: { ...liveLimits, streamsEachKey: readers } },
    });
    await gateway.send('mutation { createTenant(input: { id: "acme", name: "Acme" }) { id } }');
    const create = (input: string) =>
      gateway.send<{ createApiKey: { secret: string } }, object>(
        `mutation { createApiKey(tenantId: "acme", input: { name: "Key", ${input} }) { secret } }`,
      );
    const answers = await Promise.all([create('role: TENANT_MEMBER'), create('role: TENANT_MEMBER')]);
    keys = answers.map(({ data }) => data.createApiKey.secret);
    stops.push(
      signals.liveAnswer.on(() => made++),
      signals.statement.on(() => statements++),
    );
  });
  beforeEach(() => {
    made = 0;
    statements = 0;
  });
  afterAll(async () => {
    for (const stop of stops) stop();
    await gateway?.close();
  });

  const record = () =>
    gateway.send('mutation { recordUsage(input: { tenantId: "acme", inputTokens: 1, outputTokens: 1 }) { outcome } }');
  const callsOf = async (stream: Subscription<Updates>) => (await stream.data()).usageUpdates.totals.totalCalls;

  /** Opens so many streams, by turns with one key and the other. */
  async function follow(count: number): Promise<Subscription<Updates>[]> {
    const streams: Subscription<Updates>[] = [];
    for (let opened = 0; opened < count; opened += 50)
      streams.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(50, count - opened) }, (_, index) =>
            subscribe<Updates>(gateway, totals, { key: keys[index % keys.length] ?? null, variables: {} }),
          ),
        )),
      );
    return streams;
  }

  it('of 500 readers share one report a change, and its statements', async () => {
    /** Statements from a change until everybody has the report of it. */
    const statementsOfChange = async (streams: readonly Subscription<Updates>[], calls: number) => {
      const [madeBefore, before] = [made, statements];
      await record();
      for (const stream of streams) expect(await callsOf(stream)).toBe(calls);
      expect(made - madeBefore).toBe(1);
      return statements - before;
    };
    const one = await follow(1);
    expect(await callsOf(one[0] as Subscription<Updates>)).toBe(0);
    const alone = await statementsOfChange(one, 1);
    const others = await follow(readers - 1);
    for (const stream of others) expect(await callsOf(stream)).toBe(1);
    // Nothing had changed: the report was there.
    expect(made).toBe(2);
    const together = await statementsOfChange([...one, ...others], 2);
    // Looks and credentials are looked up meanwhile, by time; nothing is by reader.
    expect(together - alone).toBeLessThan(readers / 5);
    for (const stream of [...one, ...others]) stream.close();
  });

  it('with other rights do not', async () => {
    const query = 'subscription { usageUpdates(tenantId: "acme", everyMs: 250) { totals { totalCalls } } }';
    const streams = await Promise.all([
      subscribe<Updates>(gateway, query),
      subscribe<Updates>(gateway, query, { key: keys[0] ?? null }),
    ]);
    for (const stream of streams) await stream.data();
    expect(made).toBe(2);
    for (const stream of streams) stream.close();
  });
});
