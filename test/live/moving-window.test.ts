import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { subscribe, type Subscription } from '../support/subscription.ts';

interface Updates {
  usageUpdates: { totals: { totalCalls: number }; buckets: { ts: string; stats: { totalCalls: number } }[] };
}

describeOnEachDatabase('a window that lasts until now', (kind) => {
  let gateway: TestGateway;
  let now = new Date('2026-05-01T23:50:00Z');
  let stream: Subscription<Updates>;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => now, folding: false });
  });
  afterAll(() => gateway?.close());
  let tenants = 0;
  let tenant: string;
  beforeEach(async () => {
    now = new Date('2026-05-01T23:50:00Z');
    tenant = `tenant-${++tenants}`;
    await gateway.send(`mutation { createTenant(input: { id: "${tenant}", name: "Tenant" }) { id } }`);
  });
  afterEach(() => stream?.close());

  const follow = async (args: string) => {
    stream = await subscribe(
      gateway,
      `subscription { usageUpdates(tenantId: "${tenant}", everyMs: 250, ${args}) {
         totals { totalCalls } buckets { ts stats { totalCalls } } filtersApplied { from to } } }`,
    );
    return stream;
  };
  const record = (occurredAt: string) =>
    gateway.send(
      `mutation { recordUsage(input: { tenantId: "${tenant}", inputTokens: 1, outputTokens: 1, occurredAt: "${occurredAt}" }) { outcome } }`,
    );
  const calls = async () => (await stream.data()).usageUpdates.totals.totalCalls;

  it('counts a call that was recorded ahead of its time as soon as that has come', async () => {
    await record('2026-05-01T23:52:00Z');
    await follow('period: TODAY, bucket: NONE');
    expect(await calls()).toBe(0);
    now = new Date('2026-05-01T23:52:00.500Z');
    expect(await calls()).toBe(1);
  });

  it('begins anew with its period, and shows the bucket that has begun', async () => {
    await record('2026-05-01T23:00:00Z');
    await follow('period: TODAY, bucket: HOUR');
    expect(await calls()).toBe(1);
    now = new Date('2026-05-02T00:00:01Z');
    const { totals, buckets } = (await stream.data()).usageUpdates;
    expect(totals.totalCalls).toBe(0);
    expect(buckets.map(({ ts }) => ts)).toEqual(['2026-05-02T00:00:00.000Z']);
    now = new Date('2026-05-02T01:00:00Z');
    expect((await stream.data()).usageUpdates.buckets).toHaveLength(2);
  });

  it('lets go of what its beginning has passed', async () => {
    await record('2026-05-01T00:00:00Z');
    await follow('period: LAST_24_HOURS, bucket: NONE');
    expect(await calls()).toBe(1);
    now = new Date('2026-05-02T00:01:00Z');
    expect(await calls()).toBe(0);
  });
});
