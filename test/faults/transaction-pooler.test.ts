import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { platformRole, tenantRole } from '../../src/database/database-role.ts';
import { openOrm } from '../../src/database/orm.ts';
import { openDatabase } from '../../src/open-database.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { CreateApiKey, CreateTenant, Reconcile, Record as RecordCall, Totals } from '../acceptance/operations.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { pgBouncerUnavailable, startPgBouncer, type PgBouncer } from '../support/pgbouncer.ts';
import { PostgresUnavailableError, startKillablePostgres, type KillablePostgres } from '../support/postgres-server.ts';
import { runOnServer, withDatabase } from '../support/server-sql.ts';
import { faults } from './fault-options.ts';

vi.setConfig({ testTimeout: faults.testTimeout, hookTimeout: faults.testTimeout });

const missing = pgBouncerUnavailable();
const server = missing
  ? new PostgresUnavailableError(missing)
  : await startKillablePostgres().catch((error: unknown) => {
      if (error instanceof PostgresUnavailableError) return error;
      throw error;
    });
const reason = server instanceof Error ? server.message.split('\n')[0] : undefined;

const tenants = ['acme', 'globex', 'initech', 'umbrella'];
const calls = 1_000;
/** Fewer than the gateways have, so that they change hands all the time. */
const connections = 3;
const password = 'a-password-of-tests';

describe.skipIf(reason)(`behind PgBouncer in transaction mode${reason ? ` (left out: ${reason})` : ''}`, () => {
  let admin: KillablePostgres;
  let bouncer: PgBouncer;
  let direct = '';
  const gateways: TestGateway[] = [];
  const keys = new Map<string, string>();

  const pooled = () => ({
    databaseUrl: bouncer.url,
    dataDir: '',
    databasePoolMax: 8,
    databasePooler: 'transaction' as const,
  });

  beforeAll(async () => {
    if (server instanceof Error) throw server;
    admin = server;
    await runOnServer(admin.url, 'create database usage');
    const migrated = await openDatabase({
      databaseUrl: withDatabase(admin.url, 'usage'),
      dataDir: '',
      databasePoolMax: 2,
    });
    await migrated.close();
    await runOnServer(
      admin.url,
      `create role servant login password '${password}'`,
      `grant ${platformRole}, ${tenantRole} to servant`,
    );
    const url = new URL(withDatabase(admin.url, 'usage'));
    url.username = 'servant';
    url.password = password;
    direct = url.href;
    bouncer = await startPgBouncer(direct, connections);
  });
  afterAll(async () => {
    for (const gateway of gateways) await gateway.close();
    await bouncer?.stop();
    await admin?.stop();
  });

  it('a gateway says what is to be set for its user', async () => {
    const refused = await openDatabase(pooled(), loadConfig({}).databaseLimits).catch((error: unknown) => error);
    const statements = String(refused).match(/alter role .*;/g) ?? [];
    expect(statements).toEqual([
      `alter role "servant" set role = '${platformRole}';`,
      `alter role "servant" set jit = 'off';`,
      `alter role "servant" set statement_timeout = '30000';`,
      `alter role "servant" set lock_timeout = '5000';`,
      `alter role "servant" set idle_in_transaction_session_timeout = '15000';`,
    ]);
    await runOnServer(admin.url, ...statements);
    // As it says: the pooler opens its connections again.
    await bouncer.stop();
    bouncer = await startPgBouncer(direct, connections);
    const database = { config: pooled(), drop: async () => undefined };
    for (let count = 0; count < 2; count++) gateways.push(await startTestGateway('postgres', { database }));
  });

  it('records every call once, from many clients of several tenants on two gateways', async () => {
    const [first] = gateways;
    for (const id of tenants) {
      await first?.ask(CreateTenant, { input: { id, name: id, timezone: 'UTC' } });
      const created = await first?.ask(CreateApiKey, { tenantId: id, input: { name: 'all', role: 'TENANT_ADMIN' } });
      keys.set(id, created?.createApiKey.secret ?? '');
    }
    const failures: unknown[] = [];
    let next = 0;
    const client = async () => {
      for (let number = next++; number < calls; number = next++) {
        const gateway = gateways[number % gateways.length];
        const tenant = tenants[number % tenants.length] ?? '';
        const input = {
          requestId: `call-${number}`,
          inputTokens: number,
          outputTokens: 1,
          agentId: `bot of ${tenant}`,
        };
        const answer = await gateway?.send(RecordCall, { input }, keys.get(tenant));
        if (answer?.data?.recordUsage?.outcome !== 'RECORDED') failures.push(answer?.errors);
      }
    };
    await Promise.all(Array.from({ length: 16 }, client));
    expect(failures).toEqual([]);
    const [{ count } = { count: 0 }] = await runOnServer<{ count: number }>(
      withDatabase(admin.url, 'usage'),
      'select count(*)::int as count from usage_call',
    );
    expect(count).toBe(calls);
  });

  it('reports to each tenant its own calls and no others, however they are mixed', async () => {
    const wrong: unknown[] = [];
    const ask = async (tenant: string, gateway: TestGateway) => {
      for (let round = 0; round < 25; round++) {
        const { data, errors } = await gateway.send(
          '{ usage { totals { totalCalls } byAgent { agentId } } calls(first: 1) { edges { node { agentId } } } }',
          {},
          keys.get(tenant),
        );
        const own = `bot of ${tenant}`;
        const expected = {
          usage: { totals: { totalCalls: calls / tenants.length }, byAgent: [{ agentId: own }] },
          calls: { edges: [{ node: { agentId: own } }] },
        };
        if (JSON.stringify(data) !== JSON.stringify(expected)) wrong.push({ tenant, data, errors });
        const foreign = tenants[(tenants.indexOf(tenant) + 1) % tenants.length] ?? '';
        const refused = await gateway.send(Totals, { tenantId: foreign }, keys.get(tenant));
        if (refused.errors[0]?.extensions.code !== 'FORBIDDEN') wrong.push({ tenant, foreign, refused });
      }
    };
    await Promise.all(tenants.flatMap((tenant) => gateways.map((gateway) => ask(tenant, gateway))));
    expect(wrong).toEqual([]);
  });

  it('leaves nothing of a tenant on the connections that others get', async () => {
    const [gateway] = gateways;
    const who = "select current_user::text as role, coalesce(current_setting('app.tenant', true), '') as tenant";
    const seen = await Promise.all(Array.from({ length: 30 }, () => gateway?.database.orm.em.fork().execute(who)));
    expect(new Set(seen.map((rows) => JSON.stringify(rows)))).toEqual(
      new Set([JSON.stringify([{ role: platformRole, tenant: '' }])]),
    );
  });

  it('ends the statement of a client that hangs up', async () => {
    const [gateway] = gateways;
    const orm = openOrm({ clientUrl: withDatabase(admin.url, 'usage'), pool: { min: 0, max: 2 } }, []);
    const locked = orm.em.fork();
    const waitingForLocks = () =>
      orm.em
        .fork()
        .execute("select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%usage_call%'");
    try {
      await locked.begin();
      await locked.execute('lock table usage_call in access exclusive mode');
      const leave = new AbortController();
      const left = fetch(`${gateway?.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${keys.get('acme')}` },
        body: JSON.stringify({ query: '{ calls(first: 1) { edges { node { agentId } } } }' }),
        signal: leave.signal,
      }).catch((error: unknown) => error);
      await vi.waitFor(async () => expect(await waitingForLocks()).toHaveLength(1), 4_000);
      leave.abort();
      await left;
      await vi.waitFor(async () => expect(await waitingForLocks()).toEqual([]), 3_000);
    } finally {
      await locked.rollback();
      await orm.close(true);
    }
    expect((await gateway?.send(Totals, {}, keys.get('acme')))?.errors).toEqual([]);
  });

  it('is folded, and the summaries agree with the ledger', async () => {
    await vi.waitFor(async () => {
      const rows = await runOnServer(withDatabase(admin.url, 'usage'), 'select tenant_id from unfolded');
      expect(rows).toEqual([]);
    }, 60_000);
    expect(await gateways[1]?.ask(Reconcile, {})).toMatchObject({ reconcile: { differing: 0 } });
  });
});
