import { describe, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/databases.ts';
import { describeWithKillablePostgres } from './describe-with-killable-postgres.ts';
import { expectStoredOnce } from './expect-stored-once.ts';
import { faults } from './fault-options.ts';
import { startRecordingClients } from './recording-clients.ts';
import { startServeProcess } from './serve-process.ts';

vi.setConfig({ testTimeout: faults.testTimeout });

async function expectKeptThroughKills(config: TestDatabase['config']) {
  let gateway = await startServeProcess(config);
  const { port } = new URL(gateway.url);
  const clients = startRecordingClients(gateway);
  for (let kill = 0; kill < faults.kills; kill++) {
    await clients.progress(100);
    gateway.kill('SIGKILL');
    await gateway.ended;
    gateway = await startServeProcess(config, port);
  }
  await clients.progress(100);
  await expectStoredOnce('gateway killed', clients, gateway, config, faults.kills);
}

describe('a gateway that is killed while it records [embedded]', () => {
  it('keeps every acknowledged call, once', async ({ onTestFinished }) => {
    const { config, drop } = await createTestDatabase('embedded');
    onTestFinished(drop);
    await expectKeptThroughKills(config);
  });
});

await describeWithKillablePostgres('a gateway that is killed while it records', (_server, databaseUrl) => {
  it('keeps every acknowledged call, once', () =>
    expectKeptThroughKills({ databaseUrl, dataDir: '', databasePoolMax: 1 }));
});
