import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { startReceiver, verified } from '../notifications/receiver.ts';
import { createTestDatabase, type TestDatabase } from '../support/databases.ts';
import { superuserKey } from '../support/gateway.ts';
import { describeWithKillablePostgres } from './describe-with-killable-postgres.ts';
import { faults } from './fault-options.ts';
import { startServeProcess, type ServeProcess } from './serve-process.ts';

vi.setConfig({ testTimeout: faults.testTimeout });

const settings = {
  NOTIFICATION_HTTP: 'allowed',
  NOTIFICATION_NETWORKS: '127.0.0.0/8',
  NOTIFICATION_TRY_SECONDS: '1',
  NOTIFICATION_RETRY_SECONDS: '0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1',
};

/** Sends a document until it is answered, and returns the data. @throws for an error that is no gateway's end. */
async function untilAnswered<Data>(gateways: readonly ServeProcess[], query: string, variables: object): Promise<Data> {
  for (let no = 0; ; no++) {
    try {
      const response = await fetch(`${gateways[no % gateways.length]?.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${superuserKey}` },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = await response.json();
      if (errors === undefined) return data;
      if (!['OVERLOADED', 'INTERNAL_SERVER_ERROR'].includes(errors[0].extensions.code))
        throw new Error(errors[0].message);
    } catch (error) {
      // It was killed.
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    }
    await sleep(50);
  }
}

/** Kills gateways while they tell of budgets that are spent, a user each, and checks what arrived. */
async function expectToldThroughKills(config: TestDatabase['config'], gatewayCount: number) {
  const receiver = await startReceiver();
  receiver.answer = async (response) => {
    await sleep(Math.random() * 20);
    response.writeHead(Math.random() < 0.03 ? 500 : 204).end();
  };
  const gateways: ServeProcess[] = [];
  for (let no = 0; no < gatewayCount; no++) gateways.push(await startServeProcess(config, '0', settings));
  const { createNotificationChannel } = await untilAnswered<{ createNotificationChannel: { secret: string } }>(
    gateways,
    `mutation ($url: String!) {
      createTenant(input: { id: "acme", name: "Acme" }) { id }
      createBudget(tenantId: "acme", input: { name: "B", limit: "1", thresholds: [1], scope: { each: { dimension: USER } } }) { id }
      createNotificationChannel(tenantId: "acme", input: {
        name: "C", kind: WEBHOOK, url: $url, events: [BUDGET_THRESHOLD] }) { secret } }`,
    { url: receiver.url },
  );
  const users: string[] = [];
  const spending = { on: true };
  const spend = async (client: number) => {
    for (let no = 0; spending.on; no++) {
      const userId = `user-${client}-${no}`;
      await untilAnswered(
        gateways,
        `mutation ($requestId: String!, $userId: String!) { recordUsage(input: {
          tenantId: "acme", requestId: $requestId, userId: $userId, costUsd: "1", inputTokens: 1 }) { outcome } }`,
        { requestId: userId, userId },
      );
      users.push(userId);
      await sleep(100);
      // A killed sender's channel waits for its lease to end, and what more than 1,000 wait for is not told.
      while (spending.on && users.length - receiver.received.length > 200) await sleep(100);
    }
  };
  const clients = [spend(0), spend(1)];
  // A kill takes as long as the lease of what was being sent.
  for (let kill = 0; kill < faults.kills / 4; kill++) {
    await receiver.until(receiver.received.length + 20);
    const victim = kill % gatewayCount;
    const gateway = gateways[victim];
    gateway?.kill('SIGKILL');
    await gateway?.ended;
    gateways[victim] = await startServeProcess(config, new URL(gateway?.url ?? '').port, settings);
  }
  await receiver.until(receiver.received.length + 20);
  spending.on = false;
  await Promise.all(clients);
  const told = () =>
    new Map(
      receiver.received.map((one) => [
        one.headers['webhook-id'],
        verified(one, createNotificationChannel.secret).data['value'],
      ]),
    );
  await expect.poll(() => new Set(told().values()).size, { timeout: 120_000, interval: 200 }).toBe(users.length);
  expect([...told().values()].toSorted()).toEqual(users.toSorted());
  for (const gateway of gateways) {
    gateway.kill('SIGTERM');
    await gateway.ended;
  }
}

describe('a gateway that is killed while it sends [embedded]', () => {
  it('loses no event', async ({ onTestFinished }) => {
    const { config, drop } = await createTestDatabase('embedded');
    onTestFinished(drop);
    await expectToldThroughKills(config, 1);
  });
});

await describeWithKillablePostgres('gateways that are killed while they send', (_server, databaseUrl) => {
  it('lose no event', () => expectToldThroughKills({ databaseUrl, dataDir: '', databasePoolMax: 1 }, 2));
});
