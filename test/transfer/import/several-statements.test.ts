import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Big } from 'big.js';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { reconcile } from '../../../src/rollup/reconcile.service.ts';
import { tenantId } from '../../../src/values/identifier.ts';
import { CreateTenant } from '../../acceptance/operations.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { importFile, statementsOnServer } from '../../../src/transfer/import/import-file.ts';
import { openDatabase, type Database } from '../../../src/open-database.ts';
import { createTestDatabase, describeOnEachDatabase, type TestDatabase } from '../../support/databases.ts';

describeOnEachDatabase('an import in several statements at a time', (kind) => {
  let folder: string;
  let given: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'import-'));
    given = await createTestDatabase(kind);
    database = await openDatabase(given.config);
  }, 60_000);
  afterAll(async () => {
    await database?.close();
    await given?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const statements = kind === 'postgres' ? statementsOnServer : 1;
  const lines = 13_000;
  const call = (number: number, outputTokens = 1) =>
    JSON.stringify({ requestId: `r-${number}`, occurredAt: '2026-01-01T00:00:00Z', inputTokens: number, outputTokens });

  it('answers each record as one at a time would, and lists the rejected ones in the order of the file', async () => {
    const all = Array.from({ length: lines }, (_, number) => call(number));
    // With the keys of calls that are about to be stored: the same, and others; and what is no call at all.
    all.splice(4100, 0, call(20), call(4050, 7), '{}');
    all.splice(9000, 0, call(8000, 7), call(8999));
    const file = join(folder, `calls-${kind}.ndjson`);
    await writeFile(file, all.join('\n'));
    const options = { file, tenant: 'acme' };

    const result = await importFile(database.orm, options, { statements });
    expect(result).toMatchObject({ recorded: lines, duplicates: 2, rejected: 3, interrupted: false });
    const rejects = (await readFile(`${file}.rejected.ndjson`, 'utf8')).trimEnd().split('\n');
    expect(rejects.map((line): unknown => JSON.parse(line).line)).toEqual([4102, 4103, 9001]);

    const em = database.orm.em.fork();
    const [stored] = await em.execute(
      `select count(*)::int as calls, sum(input_tokens)::int as input, sum(output_tokens)::int as output,
         count(distinct batch_id)::int as batches from usage_call where tenant_id = 'acme'`,
    );
    expect(stored).toMatchObject({ calls: lines, input: (lines * (lines - 1)) / 2, output: lines });
    const waiting = await em.execute(`select sum(calls)::int as calls, count(*)::int as batches from unfolded`);
    expect(waiting).toEqual([{ calls: lines, batches: stored?.batches }]);

    const again = await importFile(database.orm, options, { statements });
    expect(again).toMatchObject({ recorded: 0, duplicates: lines + 2, rejected: 3 });
  });

  it('goes on where it was stopped', async () => {
    const file = join(folder, `stopped-${kind}.ndjson`);
    await writeFile(file, Array.from({ length: lines }, (_, number) => call(number)).join('\n'));
    const options = { file, tenant: 'stopped' };
    const stop = new AbortController();
    const progress = { update: () => stop.abort(), stop() {} };
    const stopped = await importFile(database.orm, options, { statements, progress, signal: stop.signal });
    expect(stopped.interrupted).toBe(true);
    expect(stopped.recorded).toBeLessThan(lines);
    const rest = await importFile(database.orm, options, { statements });
    expect(rest).toMatchObject({
      recorded: lines - stopped.recorded,
      duplicates: stopped.recorded,
      interrupted: false,
    });
  });

  it('counts for budgets and is priced like any call, with the fold behind it', { timeout: 120_000 }, async () => {
    const gateway = await startTestGateway(kind);
    try {
      await gateway.ask(CreateTenant, { input: { id: 'acme', name: 'Acme', timezone: 'UTC' } });
      const budget = `mutation { createBudget(tenantId: "acme", input: { name: "n", metric: CALLS, limit: "1", period: TOTAL }) { id } }`;
      expect((await gateway.send(budget)).errors).toEqual([]);
      const csv = ['occurredAt,provider,model,inputTokens,outputTokens'];
      for (let no = 0; no < lines; no++) csv.push(`2026-02-0${1 + (no % 9)}T00:00:00Z,openai,gpt-4o,1000,100`);
      const file = join(folder, `budget-${kind}.csv`);
      await writeFile(file, csv.join('\n'));
      const result = await importFile(gateway.database.orm, { file, tenant: 'acme' }, { statements });
      expect(result).toMatchObject({ recorded: lines, rejected: 0 });
      const { data, errors } = await gateway.send(`{
        budgets(tenantId: "acme") { edges { node { states { edges { node { spent } } } } } }
        usage(tenantId: "acme") { totals { totalCalls totalCostUsd } }
      }`);
      expect(errors).toEqual([]);
      expect(data).toEqual({
        budgets: { edges: [{ node: { states: { edges: [{ node: { spent: String(lines) } }] } } }] },
        // 1,000 at 2.50 and 100 at 10.00 a million.
        usage: { totals: { totalCalls: lines, totalCostUsd: new Big('0.0035').times(lines).toFixed() } },
      });
      const tenants = [tenantId('acme')];
      const folded = async () => {
        const { summaries, differing } = await reconcile(gateway.database.orm.em.fork(), tenants, 10);
        expect(differing).toBe(0);
        expect(summaries).toBeGreaterThan(0);
      };
      await vi.waitFor(folded, { timeout: 60_000, interval: 500 });
    } finally {
      await gateway.close();
    }
  });
});
