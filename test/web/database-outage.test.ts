import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { newApiKey } from '../../src/access/api-key-format.ts';
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
  beforeAll(async () => {
    gateway = await startLoggedGateway('postgres', async (databaseUrl) => {
      proxy = await startDatabaseProxy(databaseUrl);
      return proxy.url;
    });
  });
  afterAll(async () => {
    await gateway.close();
    await proxy.close();
  });

  const onServer = async (sql: (database: string) => string) => {
    const { postgres } = inject('testDatabases');
    if ('unavailable' in postgres) throw new Error(postgres.unavailable);
    await runOnServer(postgres.serverUrl, sql(new URL(proxy.url).pathname.slice(1)));
  };
  const endConnections = () =>
    onServer((database) => `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`);

  /** Runs `work` while a request waits for the database, and answers what became of the request. */
  const whileWaiting = async (work: () => Promise<void> | void): Promise<Answer> => {
    const held = Promise.withResolvers<void>();
    const holder = gateway.database.orm.em.fork().transactional(async (em) => {
      await em.execute('set local client_connection_check_interval = 100');
      await em.execute('lock table usage_call');
      held.resolve();
      await em.execute('select pg_sleep(60)');
    });
    await Promise.race([held.promise, holder]);
    const [answer] = await Promise.all([
      askUsage(gateway),
      expect(holder).rejects.toThrow(),
      new Promise((resolve) => setTimeout(resolve, 500)).then(work),
    ]);
    return answer;
  };

  it('that takes no connections it is live, not ready, and OVERLOADED, and works again afterwards', async () => {
    await expectWorking(gateway);
    await onServer((database) => `alter database ${database} allow_connections false`);
    await endConnections();
    await expectOutage(gateway);
    await onServer((database) => `alter database ${database} allow_connections true`);
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

  it.each([
    ['ends the connection', endConnections],
    ['vanishes', () => proxy.cut()],
  ])('that %s a waiting request is OVERLOADED, and the next is answered', async (_name, lose) => {
    expectOverloaded(await whileWaiting(lose));
    await expectWorking(gateway);
  });
});
