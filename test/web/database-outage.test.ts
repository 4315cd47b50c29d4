import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { newApiKey } from '../../src/access/api-keys/api-key-format.ts';
import { openOrm } from '../../src/database/orm.ts';
import { unavailable } from '../support/databases.ts';
import { superuserKey } from '../support/gateway.ts';
import { runOnServer } from '../support/server-sql.ts';
import { startDatabaseProxy, type DatabaseProxy } from './database-proxy.ts';
import { startLoggedGateway, type LoggedGateway } from './logged-gateway.ts';
import { ask, bearer, expectKnownErrors, readAnswer, type Answer } from './requests.ts';

const askUsage = (gateway: LoggedGateway, key = superuserKey) =>
  ask(gateway, '{ allUsage { total { totalCalls } } }', bearer(key));

function expectOverloaded(answer: Answer) {
  expect(answer).toMatchObject({ status: 503, errors: [{ extensions: { code: 'OVERLOADED' } }] });
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  expectKnownErrors(answer);
}

async function expectWorking(gateway: LoggedGateway) {
  // A connection of the pool may be found lost only when it is used.
  await vi.waitFor(async () => expect(await askUsage(gateway)).toMatchObject({ status: 200, errors: [] }), 10_000);
  for (const state of ['live', 'ready']) expect((await fetch(`${gateway.url}/health/${state}`)).status).toBe(200);
}

async function expectOutage(gateway: LoggedGateway) {
  const looksUpItsKey = askUsage(gateway, newApiKey().secret);
  const [answer, other, ready] = await Promise.all([
    askUsage(gateway),
    looksUpItsKey,
    fetch(`${gateway.url}/health/ready`).then(readAnswer),
  ]);
  for (const overloaded of [answer, other, ready]) expectOverloaded(overloaded);
  expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
}

const waitingForLocks =
  "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";

describe('without its embedded database', () => {
  let gateway: LoggedGateway;
  beforeAll(async () => {
    gateway = await startLoggedGateway('embedded');
  });
  afterAll(() => gateway.close());

  it('the gateway is live, not ready, and OVERLOADED', async () => {
    await expectWorking(gateway);
    await gateway.database.close();
    await expectOutage(gateway);
  });
});

const reason = unavailable('postgres');

describe.skipIf(reason)(`without its PostgreSQL database${reason ? ` (left out: ${reason})` : ''}`, () => {
  let gateway: LoggedGateway;
  let proxy: DatabaseProxy;
  let direct: string;
  beforeAll(async () => {
    gateway = await startLoggedGateway('postgres', async (databaseUrl) => {
      direct = databaseUrl;
      proxy = await startDatabaseProxy(databaseUrl);
      return proxy.url;
    });
  });
  afterAll(async () => {
    await gateway.close();
    await proxy.close();
  });

  const setConnections = async (allowed: boolean) => {
    const { postgres } = inject('testDatabases');
    if ('unavailable' in postgres) throw new Error(postgres.unavailable);
    const database = new URL(proxy.url).pathname.slice(1);
    await runOnServer(
      postgres.serverUrl,
      `alter database ${database} allow_connections ${allowed}`,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`,
    );
  };

  /** What becomes of a report that waits for a lock when `lose` is done, on the connection that holds the lock until then. */
  const whileWaiting = async (lose: (em: SqlEntityManager) => unknown): Promise<Answer> => {
    const orm = openOrm({ clientUrl: direct, pool: { min: 0, max: 1 } }, []);
    try {
      const { waiting } = await orm.em.transactional(async (em) => {
        await em.execute('lock table usage_call');
        const waiting = askUsage(gateway);
        await vi.waitFor(async () => expect(await em.execute(waitingForLocks)).not.toEqual([]), 10_000);
        await lose(em);
        return { waiting };
      });
      return await waiting;
    } finally {
      await orm.close(true);
    }
  };

  it('that takes no connections it is live, not ready, and OVERLOADED, and works again afterwards', async () => {
    await expectWorking(gateway);
    await setConnections(false);
    await expectOutage(gateway);
    await setConnections(true);
    await expectWorking(gateway);
  });

  it('that cannot be reached it is the same', async () => {
    await expectWorking(gateway);
    await proxy.refuse();
    await expectOutage(gateway);
    await proxy.connect();
    await expectWorking(gateway);
  });

  it('that no longer answers it is the same', async () => {
    await expectWorking(gateway);
    proxy.stall();
    proxy.cut();
    await expectOutage(gateway);
    await proxy.connect();
    await expectWorking(gateway);
  });

  it.each<[string, (em: SqlEntityManager) => unknown]>([
    [
      'ends its connections',
      (em) =>
        em.execute(
          'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
        ),
    ],
    ['vanishes', () => proxy.cut()],
  ])('that %s a waiting report is read again and answered', async (_name, lose) => {
    expect(await whileWaiting(lose)).toMatchObject({ status: 200, errors: [] });
    await expectWorking(gateway);
  });
});
