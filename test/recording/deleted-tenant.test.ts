import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordCalls } from '../../src/recording/recording.service.ts';
import { createStore } from '../../src/recording/store-calls.ts';
import { validateCall } from '../../src/recording/validate-call.ts';
import { operator, type Principal } from '../../src/caller/principal.ts';
import { tenantId } from '../../src/values/identifier.ts';
import { CreateApiKey, CreateTenant, DeleteTenant, Record as RecordCall, Totals } from '../acceptance/operations.ts';
import { createTestDatabase, describeOnEachDatabase, unavailable } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { rowOf } from '../support/row-of-tenant.ts';

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
    const expected = new Set(['DELETED', 'RECORDED', 'VALIDATION_ERROR', 'NOT_FOUND', 'UNAUTHENTICATED']);
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
  let gateway: TestGateway;
  let other: pg.Client;
  beforeAll(async () => {
    const database = await createTestDatabase('postgres');
    gateway = await startTestGateway('postgres', { database, folding: false });
    other = new pg.Client({ connectionString: database.config.databaseUrl });
    await other.connect();
    await other.query('set role usage_gateway_platform');
  });
  afterAll(async () => {
    await other.end();
    await gateway.close();
  });

  const deletionWaits = async () => {
    const { rows } = await other.query(
      `select from pg_locks where relation = 'usage_call'::regclass and mode = 'ShareLock' and not granted`,
    );
    return rows.length;
  };

  it('waits for a call that is being recorded, and then finds it', async () => {
    const id = 'waits';
    await gateway.ask(CreateTenant, { input: { id, name: id } });
    await other.query('begin');
    for (const table of ['usage_call', 'unfolded']) await other.query(rowOf[table]?.(id) ?? '');
    const deletion = gateway.send(DeleteTenant, { id });
    await expect.poll(deletionWaits, { interval: 10 }).toBe(1);
    await other.query('commit');
    expect((await deletion).errors[0]?.extensions).toEqual({ code: 'VALIDATION_ERROR', field: 'id' });
    expect((await gateway.ask(Totals, { tenantId: id })).usage.totals.totalCalls).toBe(1);
  });

  it('gives up with TIMEOUT when that takes too long, and changes nothing', async () => {
    await gateway.ask(CreateTenant, { input: { id: 'kept', name: 'Kept' } });
    await other.query('begin');
    await other.query(rowOf['usage_call']?.('busy') ?? '');
    const { errors } = await gateway.send(DeleteTenant, { id: 'kept' });
    expect(errors[0]?.extensions.code).toBe('TIMEOUT');
    await other.query('rollback');
    const { recordUsage } = await gateway.ask(RecordCall, { input: { ...call, tenantId: 'kept' } });
    expect(recordUsage.event.tenant.name).toBe('Kept');
  });
});
