import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { openOrm } from '../../src/database/orm.ts';
import { describeWithKillablePostgres } from './describe-with-killable-postgres.ts';
import { expectStoredOnce } from './expect-stored-once.ts';
import { faults } from './fault-options.ts';
import { startRecordingClients } from './recording-clients.ts';
import { startServeProcess } from './serve-process.ts';

vi.setConfig({ testTimeout: faults.testTimeout });

const everyMs = 200;

/** Ends every connection of the gateway again and again; returns how many it ended. */
async function terminateConnections(databaseUrl: string): Promise<number> {
  const orm = openOrm({ clientUrl: databaseUrl, pool: { min: 0, max: 1 } }, []);
  try {
    let terminated = 0;
    for (let rounds = faults.terminatingMs / everyMs; rounds > 0; rounds--) {
      const ended = await orm.em.execute<object[]>(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'usage-gateway'",
      );
      terminated += ended.length;
      await sleep(everyMs);
    }
    return terminated;
  } finally {
    await orm.close(true);
  }
}

await describeWithKillablePostgres('a gateway whose connections are ended while it records', (_server, databaseUrl) => {
  it('keeps every acknowledged call, once, and goes on', async () => {
    const config = { databaseUrl, dataDir: '', databasePoolMax: 1 };
    const gateway = await startServeProcess(config);
    const clients = startRecordingClients(gateway);
    await clients.progress(100);
    const terminated = await terminateConnections(databaseUrl);
    expect(terminated).toBeGreaterThan(0);
    await clients.progress(100);
    await expectStoredOnce('connections terminated', clients, gateway, config, terminated);
  });
});
