import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { asOwner } from '../support/as-owner.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { subscribe, type Subscription } from '../support/subscription.ts';

interface Events {
  budgetEvents: { threshold: number; value: string | null; budget: { name: string } };
}

const query = 'subscription ($tenantId: ID) { budgetEvents(tenantId: $tenantId) { threshold value budget { name } } }';

describeOnEachDatabase('budgetEvents', (kind) => {
  let gateway: TestGateway;
  let other: TestGateway;
  let tenant: string;
  let tenants = 0;
  const open: Subscription<Events>[] = [];

  beforeAll(async () => {
    const database = await createTestDatabase(kind);
    gateway = await startTestGateway(kind, { database });
    other =
      kind === 'embedded'
        ? gateway
        : await startTestGateway(kind, { database: { config: database.config, drop: async () => undefined } });
  });
  afterAll(async () => {
    if (other !== gateway) await other.close();
    await gateway.close();
  });
  beforeEach(async () => {
    tenant = `tenant-${++tenants}`;
    await mutate(`createTenant(input: { id: "${tenant}", name: "Tenant" }) { id }`);
  });
  afterEach(() => {
    for (const stream of open.splice(0)) stream.close();
  });

  async function mutate(field: string): Promise<void> {
    const { errors } = await other.send(`mutation { ${field} }`);
    expect(errors).toEqual([]);
  }
  const createBudget = (name: string, more = '', of = tenant) =>
    mutate(
      `createBudget(tenantId: "${of}", input: { name: "${name}", metric: CALLS, period: MONTH, limit: "10", thresholds: [0.1, 0.2, 0.3, 1] ${more} }) { id }`,
    );
  const record = (calls = 1, more = '', of = tenant) =>
    mutate(
      `recordUsageBatch(inputs: [${`{ tenantId: "${of}", inputTokens: 1, outputTokens: 1 ${more} }`.repeat(calls)}]) { recorded }`,
    );
  async function follow(document = query): Promise<Subscription<Events>> {
    const stream = await subscribe<Events>(gateway, document, { variables: { tenantId: tenant } });
    open.push(stream);
    return stream;
  }
  const thresholds = async (stream: Subscription<Events>, count: number) => {
    const found: number[] = [];
    while (found.length < count) found.push((await stream.data()).budgetEvents.threshold);
    return found;
  };

  it('come in order, each once, and only those from the moment of subscribing', async () => {
    await createBudget('Calls');
    await record();
    const first = await follow();
    await record();
    expect(await thresholds(first, 1)).toEqual([0.2]);
    const second = await follow();
    await record();
    await record();
    await record(6);
    expect(await thresholds(first, 2)).toEqual([0.3, 1]);
    expect(await thresholds(second, 2)).toEqual([0.3, 1]);
    expect([first.waiting(), second.waiting()]).toEqual([[], []]);
  });

  it('come with the value that reached the threshold and the budget', async () => {
    await createBudget('By user', 'scope: { each: { dimension: USER } }');
    const stream = await follow();
    await record(1, 'userId: "ann"');
    expect((await stream.data()).budgetEvents).toEqual({ threshold: 0.1, value: 'ann', budget: { name: 'By user' } });
  });

  it('are those of the tenant alone', async () => {
    await mutate(`createTenant(input: { id: "${tenant}-neighbour", name: "Neighbour" }) { id }`);
    await createBudget('Neighbour', '', `${tenant}-neighbour`);
    await createBudget('Own');
    const stream = await follow();
    await record(1, '', `${tenant}-neighbour`);
    await record();
    expect((await stream.data()).budgetEvents.budget.name).toBe('Own');
    expect(stream.waiting()).toEqual([]);
  });

  it('come once each to all that ask the same or otherwise, however many gateways and writers there are', async () => {
    await createBudget('Calls', 'scope: { each: { dimension: USER } }');
    const others =
      'subscription ($tenantId: ID) { budgetEvents(tenantId: $tenantId) { threshold value budget { name } id } }';
    const streams = [await follow(), await follow(), await follow(others)];
    const users = Array.from({ length: 8 }, (_, no) => `user-${no}`);
    await Promise.all(users.map((user) => record(3, `userId: "${user}"`)));
    for (const stream of streams) {
      const found: string[] = [];
      while (found.length < users.length * 3) {
        const { value, threshold } = (await stream.data()).budgetEvents;
        found.push(`${value} ${threshold}`);
      }
      expect(new Set(found)).toEqual(
        new Set(users.flatMap((user) => [0.1, 0.2, 0.3].map((part) => `${user} ${part}`))),
      );
      expect(stream.waiting()).toEqual([]);
    }
  });

  it('come also when they are committed after others that came about later', async () => {
    await createBudget('Calls');
    const { orm } = gateway.database;
    const [budget] = await asOwner<{ budget_id: string }>(
      orm,
      `select budget_id from budget where tenant_id = ? and budget_id not like 'agent:%'`,
      [tenant],
    );
    const stream = await follow();
    await record();
    expect(await thresholds(stream, 1)).toEqual([0.1]);
    await asOwner(
      orm,
      `insert into budget_event (tenant_id, budget_id, period_start, value, threshold, event_id, at, spent, limit_amount)
       values (?, ?, '2026-01-01', '', 0.5, 'late', now() - interval '10 minutes', 5, 10)`,
      [tenant, budget?.budget_id],
    );
    expect(await thresholds(stream, 1)).toEqual([0.5]);
    await record();
    expect(await thresholds(stream, 1)).toEqual([0.2]);
  });
});
