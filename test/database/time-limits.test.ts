import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openOrm } from '../../src/database/orm.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { createTestDatabase, unavailable } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startDatabaseProxy, type DatabaseProxy } from '../web/database-proxy.ts';

const reason = unavailable('postgres');

describe.skipIf(reason)(`a database that does not answer${reason ? ` (left out: ${reason})` : ''}`, () => {
  let gateway: TestGateway;
  let proxy: DatabaseProxy;
  let direct = '';

  beforeAll(async () => {
    const database = await createTestDatabase('postgres');
    direct = database.config.databaseUrl ?? '';
    proxy = await startDatabaseProxy(direct);
    const { databaseLimits } = loadConfig({});
    gateway = await startTestGateway('postgres', {
      database: { ...database, config: { ...database.config, databaseUrl: proxy.url } },
      config: { databaseLimits: { ...databaseLimits, recordingStatementMs: 700, statementMs: 1500, lockMs: 500 } },
      folding: false,
    });
  });
  afterAll(async () => {
    await gateway.close();
    await proxy.close();
  });

  const record = (requestId: string) =>
    gateway.send(
      `mutation { recordUsage(input: { tenantId: "acme", requestId: "${requestId}", inputTokens: 1, outputTokens: 1 }) { outcome } }`,
    );
  const report = () => gateway.send('{ usage(tenantId: "acme") { totals { totalCalls } } }');

  /** What comes back from requests that are sent while the ledger is locked. */
  async function whileLocked<T>(lock: string, work: () => Promise<T>): Promise<T> {
    const orm = openOrm({ clientUrl: direct, pool: { min: 0, max: 1 } }, []);
    try {
      return await orm.em.transactional(async (em) => {
        await em.execute(lock);
        return work();
      });
    } finally {
      await orm.close(true);
    }
  }

  it('is left, when its connections died without a word, for new ones, and each call counts once', async () => {
    expect((await record('before')).errors).toEqual([]);
    // Several connections, all of which die.
    await Promise.all(Array.from({ length: 6 }, report));
    proxy.silence();
    const answers = await Promise.all([record('meanwhile'), record('meanwhile too'), record('before')]);
    expect(answers.map(({ data }) => data)).toEqual([
      { recordUsage: { outcome: 'RECORDED' } },
      { recordUsage: { outcome: 'RECORDED' } },
      { recordUsage: { outcome: 'DUPLICATE' } },
    ]);
    await vi.waitFor(
      async () => expect((await report()).data).toEqual({ usage: { totals: { totalCalls: 3 } } }),
      20_000,
    );
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200);
  });

  it('that waits for a lock fails with TIMEOUT, and recording with something to retry, and nothing is left half done', async () => {
    const [asked, recorded] = await whileLocked('lock table usage_call in access exclusive mode', () =>
      Promise.all([report(), record('locked out')]),
    );
    expect(asked.errors).toMatchObject([
      {
        message: 'The database took longer than it may. Ask for a shorter window or for less, or try again.',
        extensions: { code: 'TIMEOUT' },
      },
    ]);
    expect(recorded.errors[0]?.extensions.code).toMatch(/^(TIMEOUT|OVERLOADED)$/);
    expect((await record('locked out')).errors).toEqual([]);
    expect((await report()).data).toEqual({ usage: { totals: { totalCalls: 4 } } });
  });

  it('that stores no calls makes the gateway not ready, until it stores them again', async () => {
    const ready = async () => (await fetch(`${gateway.url}/health/ready`)).status;
    await vi.waitFor(async () => expect(await ready()).toBe(200), 20_000);
    // Reading goes on.
    const read = await whileLocked('lock table usage_call in exclusive mode', async () => {
      const recording = record('stuck');
      await vi.waitFor(async () => expect(await ready()).toBe(503), 20_000);
      const answer = await report();
      await recording;
      return answer;
    });
    expect(read.data).toEqual({ usage: { totals: { totalCalls: 4 } } });
    await vi.waitFor(async () => expect(await ready()).toBe(200), 20_000);
    await vi.waitFor(async () => expect((await record('stuck')).errors).toEqual([]), 20_000);
  });
});
