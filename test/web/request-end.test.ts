import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openOrm, type Orm } from '../../src/database/orm.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { signals } from '../../src/telemetry/signals.ts';
import { systemClock } from '../../src/values/clock.ts';
import { createTestDatabase, unavailable } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';

const { databaseLimits, requestLimits } = loadConfig({});
const longMs = 120_000;
const waiting = { timeout: 8_000, interval: 50 };

const reason = unavailable('postgres');

const recordField = (requestId: string) =>
  `recordUsage(input: { tenantId: "acme", requestId: "${requestId}", inputTokens: 1, outputTokens: 1 }) { outcome }`;
const record = (requestId: string) => `mutation { ${recordField(requestId)} }`;
const duplicate = { outcome: 'DUPLICATE' };
const report =
  '{ usage(tenantId: "acme") { totals { totalCalls } } tenant(id: "acme") { agents { edges { node { id } } } } }';

/** Sends a document on a connection of its own and does not wait for the answer. */
async function sendRaw(gateway: TestGateway, query: string): Promise<Socket> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const body = JSON.stringify({ query });
  const headers = [`Host: ${hostname}`, `Authorization: Bearer ${superuserKey}`, 'Content-Type: application/json'];
  socket.write(
    ['POST /graphql HTTP/1.1', ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'),
  );
  return socket;
}

describe.skipIf(reason)(`the end of a request [postgres]${reason ? ` (left out: ${reason})` : ''}`, () => {
  let gateway: TestGateway;
  let orm: Orm;
  let release: (() => Promise<void>) | undefined;
  let sent = 0;
  let stopCounting: () => void;

  beforeAll(async () => {
    const database = await createTestDatabase('postgres');
    orm = openOrm({ clientUrl: database.config.databaseUrl ?? '', pool: { min: 0, max: 2 } }, []);
    gateway = await startTestGateway('postgres', {
      database,
      config: {
        // Nothing but the end of the request ends a statement.
        databaseLimits: { ...databaseLimits, statementMs: longMs, lockMs: longMs, recordingStatementMs: longMs },
        requestLimits: { ...requestLimits, maxMs: 5_000 },
        recordingWaitMs: longMs,
      },
      // No statements but those of the requests.
      clock: systemClock,
      folding: false,
    });
    stopCounting = signals.statement.on(() => sent++);
    expect((await gateway.send(record('first'))).errors).toEqual([]);
  });
  afterEach(async () => release?.());
  afterAll(async () => {
    stopCounting();
    await orm.close(true);
    await gateway.close();
  });

  /** Keeps everybody from a table until `release`. */
  async function lock(table: string): Promise<void> {
    const em = orm.em.fork();
    await em.begin();
    await em.execute(`lock table ${table} in access exclusive mode`);
    release = async () => {
      release = undefined;
      await em.rollback();
    };
  }

  /** How many of the gateway's statements wait in the database. */
  async function waitingStatements(): Promise<number> {
    const [row] = await orm.em.fork().execute<{ count: number }[]>(`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and application_name = 'usage-gateway' and state = 'active'`);
    return row?.count ?? 0;
  }

  const becomes = (count: number) => vi.waitFor(async () => expect(await waitingStatements()).toBe(count), waiting);

  it('ends the statement of a client that hangs up, and nothing of the request runs on', async () => {
    await lock('usage_call');
    const socket = await sendRaw(gateway, report);
    await becomes(1);
    sent = 0;
    socket.destroy();
    await becomes(0);
    await release?.();
    // The statement that failed, and perhaps the rollback on its way.
    expect((await gateway.send('{ viewer { __typename } }')).errors).toEqual([]);
    expect(sent).toBeLessThanOrEqual(2);
    expect((await gateway.send(report)).data).toMatchObject({ usage: { totals: { totalCalls: 1 } } });
  });

  it('leaves the connections to others: none of them meets a cancel request that was meant for another', async () => {
    for (let round = 0; round < 5; round++) {
      await lock('usage_call');
      const sockets = await Promise.all(Array.from({ length: 3 }, () => sendRaw(gateway, report)));
      await vi.waitFor(async () => expect(await waitingStatements()).toBeGreaterThan(0), waiting);
      for (const socket of sockets) socket.destroy();
      await release?.();
      const answers = await Promise.all(Array.from({ length: 10 }, () => gateway.send(report)));
      expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    }
  });

  it('stops a mutation of several fields after the one that runs, of which nothing is left', async () => {
    await lock('agent');
    const create = (id: string) => `${id}: createAgent(tenantId: "acme", input: { id: "${id}", name: "A" }) { id }`;
    const socket = await sendRaw(gateway, `mutation { ${create('one')} ${create('two')} }`);
    await becomes(1);
    socket.destroy();
    await becomes(0);
    await release?.();
    const { data, errors } = await gateway.send(report);
    expect(errors).toEqual([]);
    expect(data).toMatchObject({ tenant: { agents: { edges: [] } } });
  });

  it('does not keep calls that wait to be stored from being stored', async () => {
    await lock('usage_call');
    const running = await sendRaw(gateway, record('running'));
    await becomes(1);
    const queued = await sendRaw(gateway, record('queued'));
    const inTwo = await sendRaw(gateway, `mutation { a: ${recordField('a')} b: ${recordField('b')} }`);
    // Its answer comes after the others have been read.
    expect((await gateway.send('{ viewer { __typename } }')).errors).toEqual([]);
    for (const socket of [running, queued, inTwo]) socket.destroy();
    await vi.waitFor(() => expect(running.closed && queued.closed && inTwo.closed).toBe(true), waiting);
    expect((await gateway.send('{ viewer { __typename } }')).errors).toEqual([]);
    await release?.();
    await vi.waitFor(async () => {
      const { data } = await gateway.send(
        `mutation { ${['running', 'queued', 'a'].map((id) => `${id}: ${recordField(id)}`).join(' ')} }`,
      );
      expect(data).toEqual({ running: duplicate, queued: duplicate, a: duplicate });
    }, waiting);
    expect((await gateway.send(`mutation { b: ${recordField('b')} }`)).data).toEqual({ b: { outcome: 'RECORDED' } });
  });

  it('comes with TIMEOUT and the limit when it takes too long, and its statement ends', async () => {
    await lock('usage_call');
    const answer = await gateway.send(report);
    expect(answer).toMatchObject({
      status: 504,
      data: null,
      errors: [
        {
          message: expect.stringMatching(/ended after 5 seconds, the longest that a request may take/),
          extensions: { code: 'TIMEOUT' },
        },
      ],
    });
    await becomes(0);
  });
});

describe('the end of a request [embedded]', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded', {
      config: { requestLimits: { ...requestLimits, maxMs: 1_000 } },
      folding: false,
    });
    expect((await gateway.send(record('first'))).errors).toEqual([]);
  });
  afterAll(async () => gateway.close());

  it('comes with TIMEOUT while the one connection is busy, which then serves others', async () => {
    let isOver = false;
    const busy = gateway.database.orm.em
      .fork()
      .execute('select pg_sleep(4)')
      .then(() => (isOver = true));
    const answer = await gateway.send(report);
    expect(isOver).toBe(false);
    expect(answer.errors).toMatchObject([{ extensions: { code: 'TIMEOUT' } }]);
    await busy;
    expect((await gateway.send(report)).data).toMatchObject({ usage: { totals: { totalCalls: 1 } } });
  });
});
