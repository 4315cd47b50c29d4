import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openOrm } from '../../src/database/orm.ts';
import { createTestDatabase, unavailable } from '../support/databases.ts';
import { attempt } from './recording-attempt.ts';
import { newCall } from './recording-clients.ts';
import { startServeProcess } from './serve-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const waitingForLocks =
  "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";

const reason = unavailable('postgres');

describe.skipIf(reason)(
  `a gateway that is asked to end just when it lost a connection${reason ? ` (left out: ${reason})` : ''}`,
  () => {
    it('acknowledges the call that was under way, and ends in order', async () => {
      const { config, drop } = await createTestDatabase('postgres');
      onTestFinished(drop);
      const gateway = await startServeProcess(config);
      const orm = openOrm({ clientUrl: config.databaseUrl, pool: { min: 0, max: 1 } }, []);
      onTestFinished(() => orm.close(true));

      const { recording } = await orm.em.transactional(async (em) => {
        await em.execute('lock table usage_call');
        const recording = attempt(gateway, [newCall('under way', 1)]);
        await vi.waitFor(async () => expect(await em.execute(waitingForLocks)).not.toEqual([]), 20_000);
        await em.execute(`select pg_terminate_backend(pid) from (${waitingForLocks}) as waiting`);
        gateway.kill('SIGTERM');
        // In an object: the promise itself would be waited for before the lock is given up.
        return { recording };
      });
      expect(await recording).toEqual({ outcome: 'acknowledged' });
      const { code, stderr } = await gateway.ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    });
  },
);
