import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openOrm, type Orm } from '../../src/database/orm.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { createTestDatabase, unavailable } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { subscribe, type Subscription } from '../support/subscription.ts';

interface Updates {
  usageUpdates: { totals: { totalCalls: number } };
}

const { databaseLimits, requestLimits } = loadConfig({});
const longMs = 120_000;
const reason = unavailable('postgres');
const query =
  'subscription { usageUpdates(tenantId: "acme", period: LAST_30_DAYS, everyMs: 250) { totals { totalCalls } buckets { stats { totalCalls } } } }';

describe.skipIf(reason)(`a report that is held up [postgres]${reason ? ` (left out: ${reason})` : ''}`, () => {
  let gateway: TestGateway;
  let orm: Orm;

  beforeAll(async () => {
    const database = await createTestDatabase('postgres');
    orm = openOrm({ clientUrl: database.config.databaseUrl ?? '', pool: { min: 0, max: 2 } }, []);
    gateway = await startTestGateway('postgres', {
      database,
      config: {
        databaseLimits: { ...databaseLimits, statementMs: longMs, lockMs: longMs },
        requestLimits: { ...requestLimits, maxMs: 2_000 },
      },
      folding: false,
    });
    await gateway.send('mutation { createTenant(input: { id: "acme", name: "Acme" }) { id } }');
  });
  afterAll(async () => {
    await orm.close(true);
    await gateway.close();
  });

  const record = async () => {
    const { errors } = await gateway.send(
      'mutation { recordUsage(input: { tenantId: "acme", inputTokens: 1, outputTokens: 1 }) { outcome } }',
    );
    expect(errors).toEqual([]);
  };
  const calls = async (stream: Subscription<Updates>) => (await stream.data()).usageUpdates.totals.totalCalls;

  /** Keeps reports, and neither looks nor recording, from going on until what is returned is called. */
  async function holdUpReports(): Promise<() => Promise<void>> {
    const em = orm.em.fork();
    await em.begin();
    await em.execute('lock table tenant_summary in access exclusive mode');
    let isHeld = true;
    const release = async () => {
      if (isHeld) await em.rollback();
      isHeld = false;
    };
    onTestFinished(release);
    return release;
  }

  /** How many of the gateway's statements wait in the database. */
  async function waitingStatements(): Promise<number> {
    const [row] = await orm.em.fork().execute<{ count: number }[]>(`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and application_name = 'usage-gateway' and wait_event_type = 'Lock'`);
    return row?.count ?? 0;
  }

  it('has the time of a request, after which its readers learn why there is none, and gets another one', async () => {
    const stream = await subscribe<Updates>(gateway, query);
    onTestFinished(() => stream.close());
    expect(await calls(stream)).toBe(0);
    const release = await holdUpReports();
    await record();
    expect((await stream.next())?.errors).toMatchObject([{ extensions: { code: 'TIMEOUT' } }]);
    await release();
    expect(await calls(stream)).toBe(1);
  });

  it('ends with its statement when the last reader leaves', async () => {
    const stream = await subscribe<Updates>(gateway, query);
    await stream.data();
    await holdUpReports();
    await record();
    await vi.waitFor(async () => expect(await waitingStatements()).toBe(1), { timeout: 8_000 });
    stream.close();
    await vi.waitFor(async () => expect(await waitingStatements()).toBe(0), { timeout: 8_000, interval: 20 });
  });
});
