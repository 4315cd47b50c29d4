import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOptions, openOrm } from '../../src/database/orm.ts';
import { AuditEvents, CreateApiKey, Reconcile, Totals } from '../acceptance/operations.ts';
import { foldAll } from '../reporting/folded.ts';
import { startTestGateway } from '../support/gateway.ts';
import { PostgresUnavailableError, startKillablePostgres, type KillablePostgres } from '../support/postgres-server.ts';
import { runOnServer, withDatabase } from '../support/server-sql.ts';

const server = await startKillablePostgres('like-an-operators').catch((error: unknown) => {
  if (error instanceof PostgresUnavailableError) return error;
  throw error;
});
const reason = server instanceof Error ? server.message.split('\n')[0] : undefined;

/** The last migration of before calls had batches. */
const before = 'Migration20261122203000_hold_up_recording';

/** Transactions below this one were folded. */
const mark = 1_000_000;

interface OldCall {
  id: string;
  month: number;
  recordedXid: number;
  voidedXid?: number;
}

const oldCall = ({ id, month, recordedXid, voidedXid }: OldCall) => `
  insert into usage_call (tenant_id, request_id, occurred_at, agent_id, provider, model, channel_id, input_tokens,
    output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, duration_ms, status, cost_usd, cost_source,
    content_hash, recorded_xid, voided_xid, voided_at, void_reason, voided_by)
  values ('acme', '${id}', '2026-0${month}-01T00:30:00Z', 'a', 'p', 'm', null, 7, 3, 0, 0, 0, null, 'SUCCESS', 0.5,
    'CALLER', '', ${recordedXid}, ${voidedXid ?? 'null'}, ${voidedXid ? `now(), 'wrong', 'test'` : 'null, null, null'})`;

const oldEvent = (id: string, action: string, at: string) => `
  insert into audit_event (id, at, actor, action, tenant_id) values ('${id}', '${at}', 'test', '${action}', 'acme')`;

/** The summaries that held one such call. */
const oldSummaries = (month: number) => {
  const measures = `'2026-0${month}-01T00:00:00Z', 1, 0, 0, 0, 0, 0, null, null, 7, 3, 7, 7, 3, 3, null, 0.5, '',
    sketch_entry(sketch_bucket(7), 1), sketch_entry(sketch_bucket(3), 1), 'acme'`;
  const rows: [table: string, grains: string[], dimensions: string][] = [
    ['tenant_summary', ['HOUR', 'DAY', 'MONTH'], ''],
    ['detail_summary', ['DAY', 'MONTH'], `, 'a', 'p', 'm', 'unknown'`],
    ['agent_summary', ['MONTH'], `, 'a'`],
    ['model_summary', ['MONTH'], `, 'p', 'm'`],
  ];
  return rows.flatMap(([table, grains, dimensions]) =>
    grains.map((grain) => `insert into ${table} values (${measures}, '${grain}'${dimensions})`),
  );
};

describe.skipIf(reason)(
  `a database that was filled before calls had batches${reason ? ` (left out: ${reason})` : ''}`,
  () => {
    let admin: KillablePostgres;
    let databaseUrl: string;

    beforeAll(async () => {
      if (server instanceof Error) throw server;
      admin = server;
      await runOnServer(
        admin.url,
        `create role owner_of_old login createrole password 'a-password-of-tests'`,
        'create database old owner owner_of_old',
      );
      const url = new URL(withDatabase(admin.url, 'old'));
      url.username = 'owner_of_old';
      url.password = 'a-password-of-tests';
      databaseUrl = url.href;
    });
    afterAll(() => admin?.stop());

    it('is moved over by an owner who is no superuser, and every call counts as before', async () => {
      const orm = openOrm(connectionOptions({ databaseUrl, databasePoolMax: 2 }, undefined), []);
      await orm.migrator.up({ to: before });
      await orm.close();
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      await client.query('set role usage_gateway_platform');
      const statements = [
        `insert into tenant (tenant_id, name) values ('acme', 'Acme'), ('without calls', 'W')`,
        `insert into agent (tenant_id, agent_id, name, budget_limit_usd) values ('acme', 'a', 'A', 10), ('acme', 'b', 'B', null)`,
        `insert into rollup_mark (tenant_id, folded_below, folding_below) values ('acme', ${mark}, ${mark})`,
        oldCall({ id: 'folded', month: 1, recordedXid: 5 }),
        oldCall({ id: 'voided since the fold', month: 2, recordedXid: 6, voidedXid: mark + 5 }),
        oldCall({ id: 'voided before the fold', month: 3, recordedXid: 7, voidedXid: 8 }),
        oldCall({ id: 'not folded', month: 4, recordedXid: mark + 1 }),
        oldCall({ id: 'neither folded nor counted', month: 5, recordedXid: mark + 2, voidedXid: mark + 3 }),
        oldEvent('1', 'tenant.create', '2026-01-01T00:00:00Z'),
        oldEvent('2', 'tenant.delete', '2026-01-02T00:00:00Z'),
        oldEvent('3', 'tenant.create', '2026-01-03T00:00:00Z'),
        ...oldSummaries(1),
        ...oldSummaries(2),
      ];
      for (const statement of statements) await client.query(statement);
      await client.end();

      const gateway = await startTestGateway('postgres', {
        folding: false,
        database: { config: { databaseUrl, dataDir: '', databasePoolMax: 3 }, drop: async () => undefined },
      });
      try {
        const counted = async () => {
          const { usage } = await gateway.ask(Totals, { tenantId: 'acme' });
          const { reconcile } = await gateway.ask(Reconcile);
          return { calls: usage.totals.totalCalls, cost: usage.totals.totalCostUsd, differing: reconcile.differing };
        };
        expect(await counted()).toEqual({ calls: 2, cost: '1', differing: 0 });
        const { createApiKey } = await gateway.ask(CreateApiKey, {
          tenantId: 'acme',
          input: { name: 'Key', role: 'TENANT_ADMIN' },
        });
        const { auditEvents } = await gateway.ask(AuditEvents, {}, createApiKey.secret);
        expect(auditEvents.edges.map(({ node }) => node.action)).toEqual(['key.create', 'tenant.create']);
        expect(await foldAll(gateway.database.orm)).toBe(2);
        expect(await counted()).toEqual({ calls: 2, cost: '1', differing: 0 });
        // Monthly limits of agents are budgets, which count the calls of the month that is running.
        const { data } = await gateway.send(`mutation {
          recordUsage(input: { tenantId: "acme", agentId: "a", requestId: "now", costUsd: "4", inputTokens: 1 }) { outcome }
        }`);
        expect(data).toMatchObject({ recordUsage: { outcome: 'RECORDED' } });
        const budgets = await gateway.send(`{
          budgets(tenantId: "acme") { edges { node { id limit states { edges { node { spent } } } } } }
          reconcile(tenantId: "acme") { budgets { stored expected } } }`);
        expect(budgets.data).toEqual({
          budgets: { edges: [{ node: { id: 'agent:a', limit: '10', states: { edges: [{ node: { spent: '4' } }] } } }] },
          reconcile: { budgets: [] },
        });
      } finally {
        await gateway.close();
      }
    });
  },
);
