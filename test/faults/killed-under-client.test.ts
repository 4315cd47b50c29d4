import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { UsageClient } from '../../src/client/index.ts';
import { openDatabase } from '../../src/open-database.ts';
import { createTestDatabase } from '../support/databases.ts';
import { superuserKey } from '../support/gateway.ts';
import { faults } from './fault-options.ts';
import { startServeProcess } from './serve-process.ts';

vi.setConfig({ testTimeout: faults.testTimeout });

const callsBetweenKills = 500;

it('stores each call of a client once, while the gateway is killed and started again', async () => {
  const { config, drop } = await createTestDatabase('embedded');
  onTestFinished(drop);
  let gateway = await startServeProcess(config);
  const { port } = new URL(gateway.url);
  const dropped: unknown[] = [];
  const client = new UsageClient({
    url: gateway.url,
    apiKey: superuserKey,
    tenantId: 'acme',
    maxBatchCalls: 50,
    flushEveryMs: 5,
    onDropped: (lost) => void dropped.push(lost),
  });
  onTestFinished(() => client.close(0));
  const ids: string[] = [];
  const state = { isRecording: true };
  const recording = (async () => {
    while (state.isRecording) {
      if (client.counts.waiting < 2000)
        for (let no = 0; no < 20; no++) ids.push(client.record({ model: 'gpt-5', inputTokens: 1, outputTokens: 1 }));
      await sleep(1);
    }
  })();
  const stored = () => client.counts.recorded + client.counts.duplicates;
  for (let kill = 0; kill < faults.kills; kill++) {
    const goal = stored() + callsBetweenKills;
    await vi.waitUntil(() => stored() >= goal, { timeout: faults.testTimeout });
    gateway.kill('SIGKILL');
    await gateway.ended;
    gateway = await startServeProcess(config, port);
  }
  state.isRecording = false;
  await recording;
  await client.flush();
  expect(dropped).toEqual([]);
  expect(stored()).toBe(ids.length);
  gateway.kill('SIGTERM');
  await gateway.ended;
  const database = await openDatabase(config);
  onTestFinished(() => database.close());
  const rows = await database.orm.em.fork().execute<{ request_id: string }[]>('select request_id from usage_call');
  expect(rows.map((row) => row.request_id).toSorted()).toEqual(ids.toSorted());
});
