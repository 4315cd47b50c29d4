import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { inSession } from '../../src/database/session.ts';
import { toldSql } from '../../src/limits/told-sql.ts';
import { RefusedRecordings } from '../../src/notifications/refused-recordings.ts';
import { watchTask } from '../../src/notifications/watch.task.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { ask, createChannel, createTenant, deliveriesOf, revokeAKey, toThisMachine, type Asking } from './channels.ts';
import { startReceiver, verified, type Receiver } from './receiver.ts';

const dayMs = 24 * 60 * 60 * 1000;

describeOnEachDatabase('events', (kind) => {
  let gateway: TestGateway;
  let asking: Asking;
  let receiver: Receiver;
  let no = 0;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { config: { notifications: toThisMachine } });
  });
  afterAll(() => gateway.close());
  beforeEach(async () => {
    asking = { gateway, tenantId: `tenant${++no}` };
    await createTenant(asking);
    receiver = await startReceiver();
  });

  const record = (more: object = {}, key?: string) =>
    gateway.send(
      'mutation ($inputs: [RecordUsageInput!]!) { recordUsageBatch(inputs: $inputs) { recorded rejected } }',
      { inputs: [{ tenantId: asking.tenantId, inputTokens: 1, outputTokens: 1, costUsd: '1', ...more }] },
      key,
    );
  const createBudget = async (input: object) => {
    const { createBudget } = await ask<{ createBudget: { id: string } }>(
      asking,
      'mutation ($tenantId: ID, $input: CreateBudgetInput!) { createBudget(tenantId: $tenantId, input: $input) { id } }',
      { input: { name: 'Budget', limit: '10', ...input } },
    );
    return createBudget.id;
  };
  /** What is told of by what looks at the time, as if it were so much later. */
  const watch = async (laterMs = 0) => {
    const clock = () => new Date(Date.now() + laterMs);
    const task = watchTask(gateway.database.orm, clock, new RefusedRecordings(clock));
    await task.step(new AbortController().signal);
  };

  it('BUDGET_THRESHOLD arrives for each threshold, in their order, once', async () => {
    const { secret } = await createChannel(asking, { url: receiver.url, events: ['BUDGET_THRESHOLD'] });
    const budgetId = await createBudget({
      thresholds: [0.5, 1],
      scope: { each: { dimension: 'USER' } },
      period: 'TOTAL',
    });
    await record({ userId: 'ann', costUsd: '12.50', requestId: 'r' });
    await record({ userId: 'ann', costUsd: '12.50', requestId: 'r' });
    const arrived = await receiver.until(2);
    const told = arrived.map((one) => verified(one, secret));
    expect(told.map(({ type }) => type)).toEqual(['budget.threshold', 'budget.threshold']);
    const common = { budgetId, name: 'Budget', metric: 'COST_USD', period: 'TOTAL', value: 'ann', periodStart: null };
    expect(told.map(({ data }) => data)).toEqual([
      { ...common, threshold: 0.5, spent: '12.5', limit: '10', usual: null },
      { ...common, threshold: 1, spent: '12.5', limit: '10', usual: null },
    ]);
    expect(Math.abs(Date.parse(told[0]?.timestamp ?? '') - Date.now())).toBeLessThan(60_000);
    const { budgetEvents } = await ask<{ budgetEvents: { edges: { node: { threshold: number } }[] } }>(
      asking,
      'query ($tenantId: ID) { budgetEvents(tenantId: $tenantId) { edges { node { threshold } } } }',
    );
    expect(budgetEvents.edges.map(({ node }) => node.threshold).toSorted()).toEqual([0.5, 1]);
  });

  it('BUDGET_THRESHOLD arrives for a new budget and a lower limit', async () => {
    const { secret } = await createChannel(asking, { url: receiver.url, events: ['BUDGET_THRESHOLD'] });
    await record({ costUsd: '5' });
    const id = await createBudget({ limit: '5', thresholds: [1] });
    await createBudget({ limit: '50', thresholds: [0.5], name: 'Wide' });
    await ask(
      asking,
      'mutation ($tenantId: ID, $id: ID!) { updateBudget(tenantId: $tenantId, id: $id, input: { thresholds: [0.5, 1] }) { id } }',
      { id },
    );
    const told = (await receiver.until(2)).map((one) => verified(one, secret).data);
    expect(told.map(({ budgetId, threshold }) => [budgetId, threshold])).toEqual([
      [id, 1],
      [id, 0.5],
    ]);
    expect(told[0]?.['periodStart']).toMatch(/^\d{4}-\d\d-01T00:00:00\.000Z$/);
  });

  it('BUDGET_THRESHOLD arrives at a channel that is newer than what the gateway knows of the budgets', async () => {
    await createBudget({ limit: '2', thresholds: [1] });
    await record();
    const { secret } = await createChannel(asking, { url: receiver.url, events: ['BUDGET_THRESHOLD'] });
    await record();
    const [arrived] = await receiver.until(1);
    expect(arrived && verified(arrived, secret).data).toMatchObject({ threshold: 1, spent: '2' });
  });

  it('SPEND_SPIKE arrives for a row of budget_event that was written for a spike', async () => {
    const { secret } = await createChannel(asking, { url: receiver.url, events: ['SPEND_SPIKE'] });
    const id = await createBudget({});
    const em = gateway.database.orm.em.fork();
    await sql`
      with spiked as (
        insert into budget_event (tenant_id, budget_id, period_start, value, threshold, event_id, at, spent, usual)
        values (${asking.tenantId}, ${id}, now(), 'ann', 0, gen_random_uuid()::text, now(), 60.50, 2.50)
        returning *
      )${toldSql('spiked')}
      select`.execute(inSession(em));
    const [arrived] = await receiver.until(1);
    if (!arrived) throw new Error('One has arrived.');
    const { type, data } = verified(arrived, secret);
    expect([type, data['value'], data['spent'], data['usual']]).toEqual(['spend.spike', 'ann', '60.5', '2.5']);
  });

  it('BUDGET_RESET arrives once for each period that begins after the budget and the channel', async () => {
    const { secret, channel } = await createChannel(asking, { url: receiver.url, events: ['BUDGET_RESET'] });
    const daily = await createBudget({ period: 'DAY', limit: '7' });
    await createBudget({ period: 'TOTAL' });
    await watch();
    for (const _ of [1, 2]) await watch(dayMs);
    const [arrived] = await receiver.until(1);
    if (!arrived) throw new Error('One has arrived.');
    const { type, data, timestamp } = verified(arrived, secret);
    const begin = `${new Date(Date.now() + dayMs).toISOString().slice(0, 10)}T00:00:00.000Z`;
    expect([type, timestamp]).toEqual(['budget.reset', begin]);
    expect(data).toMatchObject({ budgetId: daily, period: 'DAY', limit: '7', periodStart: begin });
    // A channel that comes later is told of no earlier period.
    const late = await createChannel(asking, { url: receiver.url, events: ['BUDGET_RESET'] });
    await watch();
    expect(await deliveriesOf(asking, channel.id)).toHaveLength(1);
    expect(await deliveriesOf(asking, late.channel.id)).toEqual([]);
  });

  it('KEY_REVOKED and KEY_EXPIRING arrive once for a key', async () => {
    const { secret, channel } = await createChannel(asking, {
      url: receiver.url,
      events: ['KEY_REVOKED', 'KEY_EXPIRING'],
    });
    const keyId = await revokeAKey(asking, 'Old');
    await ask(asking, 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: keyId });
    const create = async (name: string, days: number) => {
      const expiresAt = new Date(Date.now() + days * dayMs).toISOString();
      await ask(
        asking,
        `mutation ($tenantId: ID, $name: String!, $expiresAt: DateTime) {
          createApiKey(tenantId: $tenantId, input: { name: $name, role: TENANT_MEMBER, expiresAt: $expiresAt }) { secret } }`,
        { name, expiresAt },
      );
      return expiresAt;
    };
    const expiresAt = await create('Soon', 6);
    await create('Later', 8);
    for (const _ of [1, 2]) await watch();
    const told = (await receiver.until(2)).map((one) => verified(one, secret));
    expect(told.map(({ type, data }) => [type, data['name']])).toEqual([
      ['key.revoked', 'Old'],
      ['key.expiring', 'Soon'],
    ]);
    expect(told[0]?.data).toEqual({ keyId, name: 'Old', revokedBy: expect.stringMatching(/^key:/) });
    expect(told[1]?.data['expiresAt']).toBe(expiresAt);
    expect(await deliveriesOf(asking, channel.id)).toHaveLength(2);
  });

  it('UNPRICED_CALLS arrives once a day for each provider and model, whoever records them', async () => {
    const { secret, channel } = await createChannel(asking, { url: receiver.url, events: ['UNPRICED_CALLS'] });
    const unpriced = { costUsd: null, provider: 'acme' };
    await record({ ...unpriced, model: 'm1', requestId: 'first' });
    await record({ ...unpriced, model: 'm1' });
    await record({ ...unpriced, model: 'm2', occurredAt: '2026-01-01T00:00:00Z' });
    await record({ model: 'm3' });
    const { recordUsageBatch } = (
      await gateway.send<{ recordUsageBatch: { recorded: number } }, object>(
        'mutation ($inputs: [RecordUsageInput!]!) { recordUsageBatch(inputs: $inputs) { recorded } }',
        {
          inputs: Array.from({ length: 100 }, (_, index) => ({
            tenantId: asking.tenantId,
            inputTokens: 1,
            outputTokens: 1,
            provider: 'acme',
            model: `n${index}`,
          })),
        },
      )
    ).data;
    expect(recordUsageBatch.recorded).toBe(100);
    const arrived = await receiver.until(20);
    const data = arrived.map((one) => verified(one, secret).data);
    expect(data[0]).toEqual({ provider: 'acme', model: 'm1', requestId: 'first', reason: expect.any(String) });
    expect(new Set(data.map(({ model }) => model)).size).toBe(data.length);
    // Names of models are the caller's: of any number of them, only so many are told in an hour.
    expect((await deliveriesOf(asking, channel.id)).length).toBeLessThanOrEqual(22);
  });

  it('RATE_LIMITED arrives once an hour for each caller whose calls are refused', async () => {
    const { secret, channel } = await createChannel(asking, { url: receiver.url, events: ['RATE_LIMITED'] });
    const { createApiKey } = await ask<{ createApiKey: { secret: string; apiKey: { id: string } } }>(
      asking,
      `mutation ($tenantId: ID) { createApiKey(tenantId: $tenantId, input: {
        name: "Slow", scopes: [USAGE_WRITE], rateLimit: { callsPerSecond: 0.01 } }) { secret apiKey { id } } }`,
    );
    const batch = {
      inputs: Array.from({ length: 1000 }, () => ({ inputTokens: 1, outputTokens: 1, costUsd: '0' })),
    };
    const send = () =>
      gateway.send(
        'mutation ($inputs: [RecordUsageInput!]!) { recordUsageBatch(inputs: $inputs) { recorded } }',
        batch,
        createApiKey.secret,
      );
    expect((await send()).errors).toEqual([]);
    for (const _ of [1, 2, 3]) expect((await send()).errors[0]?.extensions.code).toBe('RATE_LIMITED');
    const [arrived] = await receiver.until(1);
    if (!arrived) throw new Error('One has arrived.');
    const { type, data } = verified(arrived, secret);
    expect([type, data['caller']]).toEqual(['rate.limited', `key:${createApiKey.apiKey.id}`]);
    expect(data['reason']).toContain('0.01 calls a second');
    expect(await deliveriesOf(asking, channel.id)).toHaveLength(1);
  });

  it('are written for nobody who does not want them', async () => {
    await createChannel(asking, { url: receiver.url, events: ['BUDGET_RESET'] });
    await createBudget({ limit: '1' });
    await record({ costUsd: '5' });
    await record({ costUsd: null, provider: 'acme', model: 'm' });
    await revokeAKey(asking);
    const rows = await gateway.database.orm.em
      .fork()
      .execute(`select event from notification_delivery where tenant_id = '${asking.tenantId}'`);
    expect(rows).toEqual([]);
  });

  it('beyond a thousand that wait for a channel are not told', async () => {
    const { channel } = await createChannel(asking, { url: receiver.url, events: ['KEY_REVOKED', 'BUDGET_THRESHOLD'] });
    const em = () => gateway.database.orm.em.fork();
    await em().execute(`
      insert into notification_delivery (tenant_id, delivery_id, channel_id, event, at, place, data, attempts, next_attempt_at)
      select '${asking.tenantId}', 'd' || no, '${channel.id}', 'KEY_REVOKED', now(), 1, '{}', 6, now() + interval '1 day'
      from generate_series(1, 998) as no`);
    await createBudget({ limit: '1', thresholds: [0.1, 0.2, 0.3, 1], scope: { each: { dimension: 'USER' } } });
    receiver.answer = (response) => response.writeHead(500).end();
    await record({ userId: 'ann', costUsd: '5' });
    const count = async () => (await deliveriesOf(asking, channel.id)).length;
    expect(await count()).toBe(1000);
    await revokeAKey(asking);
    expect(await count()).toBe(1000);
  });
});
