import { expect, it, vi } from 'vitest';
import { readAnswer, type Answer } from '../web/requests.ts';
import { describeWithKillablePostgres } from './describe-with-killable-postgres.ts';
import { expectStoredOnce } from './expect-stored-once.ts';
import { faults } from './fault-options.ts';
import { attempt, type KeyedCall } from './recording-attempt.ts';
import { newCall, startRecordingClients } from './recording-clients.ts';
import { startServeProcess } from './serve-process.ts';

vi.setConfig({ testTimeout: faults.testTimeout });

/** Within this of the server's return the gateway records again. */
const recoveryMs = 5_000;

const health = async (url: string, state: 'live' | 'ready') => readAnswer(await fetch(`${url}/health/${state}`));

function expectOverloaded(answer: Answer) {
  expect(answer).toMatchObject({ status: 503, errors: [{ extensions: { code: 'OVERLOADED' } }] });
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
}

async function expectOutage(gateway: { url: string }, probe: KeyedCall) {
  const [recording, ready, live] = await Promise.all([
    attempt(gateway, [probe]),
    health(gateway.url, 'ready'),
    health(gateway.url, 'live'),
  ]);
  if (recording.outcome !== 'overloaded') throw new Error(`Without its server a call was ${recording.outcome}.`);
  expectOverloaded(recording.answer);
  expectOverloaded(ready);
  expect(live.status).toBe(200);
}

await describeWithKillablePostgres('a gateway whose server is restarted while it records', (server, databaseUrl) => {
  it('says so, records again within seconds, and keeps every acknowledged call, once', async () => {
    const config = { databaseUrl, dataDir: '', databasePoolMax: 1 };
    const gateway = await startServeProcess(config);
    const clients = startRecordingClients(gateway);
    for (let restart = 0; restart < faults.restarts; restart++) {
      await clients.progress(100);
      await server.kill();
      const probe = newCall(`probe-${restart}`, restart);
      await expectOutage(gateway, probe);
      await server.start();
      await vi.waitFor(async () => expect(await attempt(gateway, [probe])).toEqual({ outcome: 'acknowledged' }), {
        timeout: recoveryMs,
        interval: 50,
      });
      await clients.record([probe]);
      expect((await health(gateway.url, 'ready')).status).toBe(200);
    }
    await clients.progress(100);
    await expectStoredOnce('server restarted', clients, gateway, config, faults.restarts);
  });
});
