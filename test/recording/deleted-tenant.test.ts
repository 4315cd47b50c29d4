import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Orm } from '../../src/database/orm.ts';
import { openDatabase } from '../../src/open-database.ts';
import { insertCalls } from '../../src/recording/call.repository.ts';
import { recordCalls } from '../../src/recording/recording.service.ts';
import { createStore } from '../../src/recording/store-calls.ts';
import { validateCall } from '../../src/recording/validate-call.ts';
import { operator, type Principal } from '../../src/caller/principal.ts';
import { loadConfig } from '../../src/settings/config.ts';
import type { TenantRemoval } from '../../src/tenancy/tenant-removal.repository.ts';
import { deleteTenant } from '../../src/tenancy/tenant.service.ts';
import { tenantDeletion } from '../../src/tenant-deletion.ts';
import { tenantId } from '../../src/values/identifier.ts';
import {
  CreateApiKey,
  CreateTenant,
  DeleteTenant,
  Record as RecordCall,
  RecordBatch,
  Totals,
} from '../acceptance/operations.ts';
import { createTestDatabase, describeOnEachDatabase, unavailable, type TestDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startDatabaseProxy } from '../web/database-proxy.ts';

const call = { inputTokens: 1, outputTokens: 1 };

describeOnEachDatabase('a call of a tenant that was deleted', (kind) => {
  let changing: TestGateway;
  let recording: TestGateway;
  beforeAll(async () => {
    const database = await createTestDatabase(kind);
    changing = await startTestGateway(kind, { database });
    recording =
      kind === 'embedded'
        ? changing
        : await startTestGateway(kind, { database: { config: database.config, drop: async () => undefined } });
  });
  afterAll(async () => {
    if (recording !== changing) await recording.close();
    await changing.close();
  });

  const service = (id: string): Principal => ({
    kind: 'service',
    subject: 'key:x',
    tenantId: tenantId(id),
    scopes: ['usage:write'],
  });

  it('is refused with a key of before, and creates the tenant anew with a superuser’s', async () => {
    const { orm } = recording.database;
    const store = createStore(orm);
    const record = async (principal: Principal, ids: string[]) => {
      const inputs = ids.map((id) => ({ ...call, tenantId: id, requestId: `of ${id}` }));
      return (await recordCalls(store, principal, inputs, new Date())).map((outcome) => outcome.outcome);
    };
    await changing.ask(CreateTenant, { input: { id: 'staying', name: 'Staying' } });
    const [rejected] = await recordCalls(store, service('gone'), [call], new Date());
    expect(rejected).toMatchObject({ outcome: 'REJECTED', error: { code: 'NOT_FOUND' } });
    expect(await record(service('staying'), ['staying'])).toEqual(['RECORDED']);
    expect(await record(service('staying'), ['staying'])).toEqual(['DUPLICATE']);
    expect(await record(operator, ['gone', 'gone too'])).toEqual(['RECORDED', 'RECORDED']);
    expect((await changing.ask(Totals, { tenantId: 'gone' })).usage.totals.totalCalls).toBe(1);
  });

  it('holds back none of the others that are stored with it', async () => {
    await changing.ask(CreateTenant, { input: { id: 'here', name: 'Here' } });
    const calls = [newCall('here', 'one'), newCall('left', 'two'), newCall('here', 'three')];
    const outcomes = await createStore(recording.database.orm)(calls);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['RECORDED', 'REJECTED', 'RECORDED']);
  });

  const newCall = (id: string, requestId: string) =>
    validateCall({ ...call, requestId }, { tenantId: tenantId(id), recordedBy: 'key', now: new Date() });

  it('is never left behind, whatever is recorded while tenants are deleted', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `tenant${index}`);
    const secrets = new Map<string, string>();
    for (const id of ids) {
      await changing.ask(CreateTenant, { input: { id, name: id } });
      const { createApiKey } = await changing.ask(CreateApiKey, {
        tenantId: id,
        input: { name: 'Service', scopes: ['USAGE_WRITE'] },
      });
      secrets.set(id, createApiKey.secret);
      // So that the gateway remembers the key.
      await recording.send('{ viewer { role } }', {}, createApiKey.secret);
    }
    const acknowledged: string[] = [];
    const outcomes = await Promise.all(
      ids.flatMap((id, index) => [
        (async () => {
          await sleep(index % 4);
          const { errors } = await changing.send(DeleteTenant, { id });
          return errors[0]?.extensions.code ?? 'DELETED';
        })(),
        ...Array.from({ length: 3 }, async (_, no) => {
          await sleep((index + no) % 3);
          const requestId = `${id}-${no}`;
          const { errors } = await recording.send(RecordCall, { input: { ...call, requestId } }, secrets.get(id));
          if (errors.length === 0) acknowledged.push(requestId);
          return errors[0]?.extensions.code ?? 'RECORDED';
        }),
      ]),
    );
    const expected = new Set(['DELETED', 'RECORDED', 'VALIDATION_ERROR', 'NOT_FOUND', 'UNAUTHENTICATED', 'OVERLOADED']);
    expect(outcomes.filter((outcome) => !expected.has(outcome))).toEqual([]);
    const em = changing.database.orm.em.fork();
    expect(
      await em.execute(
        'select * from usage_call where not exists (select from tenant where tenant.tenant_id = usage_call.tenant_id)',
      ),
    ).toEqual([]);
    const stored = await em.execute<{ request_id: string }[]>(
      `select request_id from usage_call where tenant_id like 'tenant%'`,
    );
    expect(stored.map((row) => row.request_id).toSorted()).toEqual(acknowledged.toSorted());
  });
});

const reason = unavailable('postgres');

describe.skipIf(reason)(`deleting a tenant on a server${reason ? ` (left out: ${reason})` : ''}`, () => {
  let database: TestDatabase;
  let gateway: TestGateway;
  let other: pg.Client;
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    gateway = await startTestGateway('postgres', { database, folding: false });
    other = new pg.Client({ connectionString: database.config.databaseUrl });
    await other.connect();
  });
  afterAll(async () => {
    await other.end();
    await gateway.close();
  });

  const createTenant = (id: string) => gateway.ask(CreateTenant, { input: { id, name: id } });

  /** Calls that a gateway has sent to the database and not yet committed. */
  async function recordOpenly(id: string) {
    const em = gateway.database.orm.em.fork();
    await em.begin();
    expect(
      await insertCalls(em, [validateCall(call, { tenantId: tenantId(id), recordedBy: 'key', now: new Date() })]),
    ).toHaveLength(1);
    return em;
  }

  const waiting = async () => {
    const { rows } = await other.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length;
  };

  it('waits for a call that is being recorded, and then finds it', async () => {
    const id = 'waits';
    await createTenant(id);
    const recording = await recordOpenly(id);
    const deletion = gateway.send(DeleteTenant, { id });
    await expect.poll(waiting, { interval: 10 }).toBe(1);
    await recording.commit();
    expect((await deletion).errors[0]?.extensions).toEqual({ code: 'VALIDATION_ERROR', field: 'id' });
    expect((await gateway.ask(Totals, { tenantId: id })).usage.totals.totalCalls).toBe(1);
  });

  it('gives up with TIMEOUT when that takes too long, and changes nothing', async () => {
    await createTenant('kept');
    const recording = await recordOpenly('kept');
    const { errors } = await gateway.send(DeleteTenant, { id: 'kept' });
    expect(errors[0]?.extensions.code).toBe('TIMEOUT');
    await recording.rollback();
    const { recordUsage } = await gateway.ask(RecordCall, { input: { ...call, tenantId: 'kept' } });
    expect(recordUsage.event.tenant.name).toBe('kept');
  });

  it('does not wait for calls of others', async () => {
    await createTenant('busy');
    await createTenant('leaving');
    const recording = await recordOpenly('busy');
    expect(await gateway.ask(DeleteTenant, { id: 'leaving' })).toEqual({ deleteTenant: true });
    await recording.commit();
  });

  /** A deletion that stands still before its commit until it is told to go on, all its locks held. */
  function deleteSlowly(orm: Orm, id: string, { idle = false } = {}) {
    const standing = Promise.withResolvers<void>();
    const over = new AbortController();
    const slow: TenantRemoval = {
      tables: [],
      async remove(em) {
        standing.resolve();
        while (!over.signal.aborted) {
          if (!idle) await em.execute('select 1');
          await sleep(20);
        }
        await em.execute('select 1');
      },
    };
    const rooms = [...tenantDeletion.rooms, slow];
    const deletion = deleteTenant(orm.em.fork(), operator, tenantId(id), { ...tenantDeletion, rooms }, new Date());
    return { deletion, standing: Promise.race([standing.promise, deletion]), goOn: () => over.abort() };
  }

  it('holds up no call of others, and refuses those of the tenant while it goes on', async () => {
    for (const id of ['slow', 'quick']) await createTenant(id);
    const { deletion, standing, goOn } = deleteSlowly(gateway.database.orm, 'slow');
    await standing;
    const inputs = ['slow', 'quick', 'slow', 'new'].map((id, no) => ({ ...call, tenantId: id, requestId: `${no}` }));
    const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs });
    expect(recordUsageBatch.results.map(({ outcome, error }) => error?.code ?? outcome)).toEqual([
      'OVERLOADED',
      'RECORDED',
      'OVERLOADED',
      'RECORDED',
    ]);
    const single = await gateway.send(RecordCall, { input: { ...call, tenantId: 'slow' } });
    expect(single).toMatchObject({ status: 503, errors: [{ extensions: { code: 'OVERLOADED' } }] });
    expect(single.headers.get('retry-after')).toBe('1');
    goOn();
    await deletion;
    const { recordUsage } = await gateway.ask(RecordCall, { input: { ...call, tenantId: 'slow', requestId: '0' } });
    expect(recordUsage.outcome).toBe('RECORDED');
    expect((await gateway.ask(Totals, { tenantId: 'slow' })).usage.totals.totalCalls).toBe(1);
  });

  it('is waited for by a call of the tenant that a moment later finds it gone', async () => {
    const id = 'passing';
    await createTenant(id);
    const { deletion, standing, goOn } = deleteSlowly(gateway.database.orm, id);
    await standing;
    const sent = gateway.send(RecordCall, { input: { ...call, tenantId: id } });
    await sleep(20);
    goOn();
    await deletion;
    // It is a superuser's, and creates the tenant anew.
    expect((await sent).errors).toEqual([]);
    expect((await gateway.ask(Totals, { tenantId: id })).usage.totals.totalCalls).toBe(1);
  });

  it('keeps nobody waiting when its gateway dies inside of it', async () => {
    for (const id of ['orphan', 'neighbour', 'another']) await createTenant(id);
    const proxy = await startDatabaseProxy(database.config.databaseUrl ?? '');
    const dying = await openDatabase({ ...database.config, databaseUrl: proxy.url }, loadConfig({}).databaseLimits);
    onTestFinished(async () => {
      await dying.close();
      await proxy.close();
    });
    const { deletion, standing, goOn } = deleteSlowly(dying.orm, 'orphan', { idle: true });
    await standing;
    proxy.silence();
    const record = async (id: string) => {
      const { data, errors } = await gateway.send(RecordCall, { input: { ...call, tenantId: id } });
      return errors[0]?.extensions.code ?? data?.recordUsage.outcome;
    };
    expect(await record('neighbour')).toBe('RECORDED');
    expect(await gateway.ask(DeleteTenant, { id: 'another' })).toEqual({ deleteTenant: true });
    // The server ends the session by itself, and the tenant is as it was.
    await expect.poll(() => record('orphan'), { timeout: 20_000 }).toBe('RECORDED');
    goOn();
    proxy.cut();
    await expect(deletion).rejects.toThrow(/has calls|connection/i);
  });
});
