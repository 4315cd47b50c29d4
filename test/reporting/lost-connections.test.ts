import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOrm, type Orm } from '../../src/database/orm.ts';
import { CreateApiKey, CreateTenant, Record as RecordCall, WholeReport } from '../acceptance/operations.ts';
import { createTestDatabase, unavailable } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';

const reports = 400;
const clients = 4;
const everyMs = 100;

const reason = unavailable('postgres');

describe.skipIf(reason)(`reports whose connections are lost${reason ? ` (left out: ${reason})` : ''}`, () => {
  let gateway: TestGateway;
  let orm: Orm;
  let key = '';
  beforeAll(async () => {
    const database = await createTestDatabase('postgres');
    orm = openOrm({ clientUrl: database.config.databaseUrl ?? '', pool: { min: 0, max: 1 } }, []);
    gateway = await startTestGateway('postgres', { database, folding: false });
    await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme', timezone: 'Europe/Berlin' } });
    const created = await gateway.ask(CreateApiKey, {
      tenantId: 'acme',
      input: { name: 'reader', scopes: ['USAGE_READ'] },
    });
    key = created.createApiKey.secret;
    await gateway.ask(RecordCall, { input: { tenantId: 'acme', requestId: 'one', inputTokens: 1, outputTokens: 1 } });
  });
  afterAll(async () => {
    await orm.close(true);
    await gateway.close();
  });

  it('are read again: none of them fails', async () => {
    const over = new AbortController();
    let ended = 0;
    const ending = (async () => {
      while (!over.signal.aborted) {
        const pids = await orm.em.fork().execute<object[]>(`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = 'usage-gateway'
          order by random() limit 1`);
        ended += pids.length;
        await sleep(everyMs);
      }
    })();
    const failures: unknown[] = [];
    let left = reports;
    const ask = async (asker: string) => {
      while (left-- > 0) {
        const { data, errors } = await gateway.send(WholeReport, { tenantId: 'acme', bucket: 'DAY' }, asker);
        if (data?.usage.totals.totalCalls !== 1) failures.push(errors);
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, index) => ask(index % 2 === 0 ? key : superuserKey)));
    over.abort();
    await ending;
    expect(failures).toEqual([]);
    expect(ended).toBeGreaterThan(10);
  });
});
