import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createTestDatabase, describeOnEachDatabase, unavailable } from '../support/databases.ts';
import { deadlocks } from '../support/shared-database.ts';
import { expectNeverAboveLimit, trouble } from './budget-clients.ts';
import { faults } from './fault-options.ts';
import { startServeProcess } from './serve-process.ts';

vi.setConfig({ testTimeout: faults.testTimeout });

const limit = 100;

describe.skipIf(unavailable('postgres'))('64 clients of two gateways on one hot budget', () => {
  it('are never granted more than there is, without an error or a deadlock', async () => {
    const database = await createTestDatabase('postgres');
    onTestFinished(database.drop);
    const gateways = await Promise.all([startServeProcess(database.config), startServeProcess(database.config)]);
    await expectNeverAboveLimit('hot budget', gateways, { clients: 64, limit }, () => sleep(faults.hotMs));
    expect(trouble.unanswered).toBe(0);
    for (const gateway of gateways) {
      gateway.kill('SIGTERM');
      const { code, stderr } = await gateway.ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    }
    expect(await deadlocks(database)).toBe(0);
  });
});

describeOnEachDatabase('a gateway that is killed amid reservations', (kind) => {
  it('leaks nothing and counts nothing twice', async () => {
    const database = await createTestDatabase(kind);
    onTestFinished(database.drop);
    const start = (port?: string) => startServeProcess(database.config, port);
    const gateways = await Promise.all(Array.from({ length: kind === 'postgres' ? 2 : 1 }, () => start()));
    const ports = gateways.map(({ url }) => new URL(url).port);
    await expectNeverAboveLimit(
      `hot budget, gateway killed [${kind}]`,
      gateways.map(({ url }) => ({ url })),
      { clients: 16, limit },
      async (progress) => {
        for (let kill = 0; kill < faults.kills; kill++) {
          await progress(40);
          const place = kill % gateways.length;
          const gateway = gateways[place];
          gateway?.kill('SIGKILL');
          await gateway?.ended;
          gateways[place] = await start(ports[place]);
        }
        await progress(40);
      },
    );
  });
});
