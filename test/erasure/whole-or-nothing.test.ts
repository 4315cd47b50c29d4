import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { erasureOfPeople } from '../../src/erasure-of-people.ts';
import { eraseUser } from '../../src/erasure/erase-user.service.ts';
import { operator } from '../../src/caller/principal.ts';
import { forkForPlatform } from '../../src/database/session.ts';
import { fold } from '../../src/rollup/fold.service.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { CreateTenant, RecordBatch } from '../acceptance/operations.ts';
import { foldAll } from '../reporting/folded.ts';
import { expectSummariesOfLedger } from '../rollup/expect-summaries.ts';
import { asOwner } from '../support/as-owner.ts';
import { createTestDatabase, describeOnEachDatabase, unavailable } from '../support/databases.ts';
import { startTestGateway, superuserKey, type TestGateway } from '../support/gateway.ts';
import { erase, sendErasure } from './erase.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const acme = 'acme' as TenantId;

const call = (requestId: string, userId: string) => ({
  tenantId: 'acme',
  requestId,
  userId,
  model: 'm',
  inputTokens: 10,
  costUsd: '0.01',
  tags: { mail: `${userId}@example.com` },
  metadata: { of: userId },
});

async function prepare(gateway: TestGateway): Promise<void> {
  await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme' } });
  const { errors } = await gateway.send(`mutation {
    updateTenant(id: "acme", input: { personalTags: ["mail"] }) { id }
    users: createBudget(tenantId: "acme", input: { name: "Users", limit: "1", scope: { each: { dimension: USER } } }) { id }
    mails: createBudget(tenantId: "acme", input: { name: "Mails", limit: "1", scope: { each: { tag: "mail" } } }) { id }
    both: createBudget(tenantId: "acme", input: { name: "Both", metric: CALLS, limit: "1", scope: { tag: { name: "mail", values: ["ada@example.com"] }, each: { dimension: USER } } }) { id }
  }`);
  expect(errors).toEqual([]);
}

const tables = ['usage_call', 'user_summary', 'tag_value', 'budget', 'budget_counter', 'budget_event', 'audit_event'];

describeOnEachDatabase('an erasure that fails at its end', (kind) => {
  it('has changed nothing', async () => {
    const gateway = await startTestGateway(kind, { folding: false });
    try {
      await prepare(gateway);
      const inputs = Array.from({ length: 20 }, (_, no) => call(`call-${no}`, no % 2 ? 'ada' : 'ben'));
      await gateway.ask(RecordBatch, { inputs });
      await foldAll(gateway.database.orm);
      const rows = async () => {
        const all: object[] = [];
        for (const table of tables)
          all.push(await asOwner(gateway.database.orm, `select one::text from ${table} one order by 1`));
        return all;
      };
      const before = await rows();
      const failing = { erase: () => Promise.reject(new Error('the last room failed')) };
      const erasing = eraseUser(
        forkForPlatform(gateway.database),
        operator,
        { tenantId: acme, userId: 'ada', reason: 'asked for it' },
        { rooms: [...erasureOfPeople.rooms, failing] },
        new Date(),
      );
      await expect(erasing).rejects.toThrow('the last room failed');
      expect(await rows()).toEqual(before);
    } finally {
      await gateway.close();
    }
  });
});

const reason = unavailable('postgres');

describe.skipIf(reason)(`erasing while others work${reason ? ` (left out: ${reason})` : ''}`, () => {
  let gateway: TestGateway;
  let databaseUrl: string | undefined;
  beforeAll(async () => {
    const database = await createTestDatabase('postgres');
    ({ databaseUrl } = database.config);
    gateway = await startTestGateway('postgres', { database, folding: false });
    await prepare(gateway);
  });
  afterAll(() => gateway?.close());

  const ledger = async () => {
    const { data, errors } = await gateway.send<
      {
        usage: { totals: { totalCalls: number; totalCostUsd: string } };
        reconcile: { differing: number; budgets: object[] };
      },
      object
    >(`{
      usage(tenantId: "acme") { totals { totalCalls totalCostUsd } }
      reconcile(tenantId: "acme") { differing budgets { budgetId value stored expected } } }`);
    expect(errors).toEqual([]);
    return { ...data.usage.totals, ...data.reconcile };
  };

  it('loses no call, and counts every one once', async () => {
    const sent: string[] = [];
    const working = { on: true };
    const recorder = async (no: number) => {
      for (let turn = 0; working.on; turn++) {
        const inputs = ['ada', 'ben', 'ada'].map((user, at) => call(`r${no}-${turn}-${at}`, user));
        // As a client does that is told to come back, and that sends some of what it sent before.
        let stored = 0;
        while (stored < inputs.length) {
          const again = turn > 0 ? [call(`r${no}-${turn - 1}-0`, 'ada')] : [];
          const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs: [...inputs, ...again] });
          const results = recordUsageBatch.results.slice(0, inputs.length);
          stored = results.filter(({ outcome }) => outcome !== 'REJECTED').length;
        }
        sent.push(...inputs.map(({ requestId }) => requestId));
      }
    };
    const folder = async () => {
      while (working.on) await fold(gateway.database.orm.em.fork(), 1_000);
    };
    const workers = [...[0, 1, 2].map(recorder), folder()];
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(60), 60_000);
    let calls = 0;
    for (let times = 0; times < 6; times++) calls += await erase(gateway, { tenantId: 'acme', userId: 'ada' });
    working.on = false;
    await Promise.all(workers);
    expect(calls).toBeGreaterThan(30);
    expect(await ledger()).toMatchObject({ totalCalls: sent.length, differing: 0, budgets: [] });
    await foldAll(gateway.database.orm);
    await expectSummariesOfLedger(gateway.database.orm);
    expect(await ledger()).toMatchObject({ totalCalls: sent.length, differing: 0, budgets: [] });
    // Whoever has stopped sending the user is rid of it.
    await erase(gateway, { tenantId: 'acme', userId: 'ada' });
    expect(await ledger()).toMatchObject({ totalCalls: sent.length, differing: 0, budgets: [] });
    const left = await asOwner(gateway.database.orm, `select from budget_counter where value like 'ada%'`);
    expect(left).toEqual([]);
  });

  it('takes two erasures of one user one after the other', async () => {
    const inputs = Array.from({ length: 50 }, (_, no) => call(`two-${no}`, 'eve'));
    await gateway.ask(RecordBatch, { inputs });
    const both = await Promise.all([1, 2].map(() => sendErasure(gateway, { tenantId: 'acme', userId: 'eve' })));
    expect(both.map(({ errors }) => errors)).toEqual([[], []]);
    expect(both.map(({ data }) => data.eraseUser.calls).toSorted((a, b) => a - b)).toEqual([0, 50]);
    expect(await ledger()).toMatchObject({ differing: 0, budgets: [] });
  });

  it('waits for a call that is being counted, and takes it along', async () => {
    await gateway.ask(RecordBatch, { inputs: [call('early', 'zoe')] });
    const other = new pg.Client({ connectionString: databaseUrl });
    await other.connect();
    try {
      // What recording does in one statement, which does not end.
      await other.query('set role usage_gateway_platform');
      await other.query('begin');
      await other.query(`select from rollup_mark where tenant_id = 'acme' for key share`);
      await other.query(`
        insert into unfolded (tenant_id, batch_id, calls) values ('acme', '01900000-0000-7000-8000-000000000001', 1)`);
      await other.query(`
        insert into usage_call
        select (jsonb_populate_record(usage_call,
          '{"request_id": "late", "batch_id": "01900000-0000-7000-8000-000000000001"}')).*
        from usage_call where request_id = 'early'`);
      await other.query(`update budget_counter set spent = spent + 0.01 where value in ('zoe', 'zoe@example.com')`);
      const erasing = erase(gateway, { tenantId: 'acme', userId: 'zoe' });
      const looks = `select from pg_stat_activity where query like '%hold_up_tenant%' and pid <> pg_backend_pid()`;
      await vi.waitFor(async () => expect(await asOwner(gateway.database.orm, looks)).toHaveLength(1), 20_000);
      await other.query('commit');
      expect(await erasing).toBe(2);
    } finally {
      await other.end();
    }
    expect(await ledger()).toMatchObject({ differing: 0, budgets: [] });
    expect(await asOwner(gateway.database.orm, `select from budget_counter where value like 'zoe%'`)).toEqual([]);
  });

  it('goes on when nobody waits for its answer any more', async () => {
    await gateway.ask(RecordBatch, { inputs: [call('left', 'kay')] });
    const other = new pg.Client({ connectionString: databaseUrl });
    await other.connect();
    const leaving = new AbortController();
    try {
      await other.query('begin');
      await other.query(`select from rollup_mark where tenant_id = 'acme' for key share`);
      const erasing = fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${superuserKey}` },
        body: JSON.stringify({
          query: 'mutation { eraseUser(tenantId: "acme", userId: "kay", reason: "asked", dryRun: false) { calls } }',
        }),
        signal: leaving.signal,
      });
      const looks = `select from pg_stat_activity where query like '%hold_up_tenant%' and pid <> pg_backend_pid()`;
      await vi.waitFor(async () => expect(await asOwner(gateway.database.orm, looks)).toHaveLength(1), 20_000);
      leaving.abort();
      await expect(erasing).rejects.toThrow('aborted');
      await other.query('commit');
    } finally {
      await other.end();
    }
    const named = `select from usage_call where user_id = 'kay'`;
    await vi.waitFor(async () => expect(await asOwner(gateway.database.orm, named)).toEqual([]), 20_000);
    expect(await ledger()).toMatchObject({ differing: 0, budgets: [] });
  });
});
