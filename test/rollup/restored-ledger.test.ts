import { expect, it, onTestFinished } from 'vitest';
import type { Orm } from '../../src/database/orm.ts';
import { RecordBatch, Reconcile, Totals, Void } from '../acceptance/operations.ts';
import { foldAll } from '../reporting/folded.ts';
import { asOwner } from '../support/as-owner.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway } from '../support/gateway.ts';

const call = (no: number) => ({
  tenantId: 'acme',
  requestId: `call-${no}`,
  occurredAt: new Date(Date.UTC(2026, 0, 1, no)).toISOString(),
  inputTokens: no,
  outputTokens: 1,
});

const tables = [
  'tenant',
  'rollup_mark',
  'usage_call',
  'unfolded',
  'tenant_summary',
  'detail_summary',
  'agent_summary',
  'model_summary',
];

/** Takes the rows of a tenant's tables to another database, as a dump and its restore do: transactions stay behind. */
async function restore(from: Orm, to: Orm): Promise<void> {
  for (const table of tables) {
    const [row] = await asOwner<{ rows: string | null }>(from, `select json_agg(t)::text as rows from ${table} t`);
    await asOwner(to, `insert into ${table} select * from json_populate_recordset(null::${table}, ?::json)`, [
      row?.rows ?? '[]',
    ]);
  }
}

describeOnEachDatabase('a ledger that was restored in another database', (kind) => {
  it('is counted as before, and so is what comes after', async () => {
    const before = await startTestGateway(kind, { folding: false });
    onTestFinished(() => before.close());
    // Transactions of a server with a history, which the other one does not have.
    for (let no = 0; no < 60; no += 5)
      await before.ask(RecordBatch, { inputs: Array.from({ length: 5 }, (_, more) => call(no + more)) });
    await foldAll(before.database.orm);
    await before.ask(Void, { tenantId: 'acme', requestId: 'call-7', reason: 'wrong' });
    await before.ask(Void, { tenantId: 'acme', requestId: 'call-8', reason: 'wrong' });
    await before.ask(RecordBatch, { inputs: [call(60)] });

    const gateway = await startTestGateway(kind, { folding: false });
    onTestFinished(() => gateway.close());
    await restore(before.database.orm, gateway.database.orm);
    const count = async () => (await gateway.ask(Totals, { tenantId: 'acme' })).usage.totals.totalCalls;
    expect(await count()).toBe(59);
    expect((await gateway.ask(Reconcile)).reconcile).toMatchObject({ differing: 0 });
    await gateway.ask(RecordBatch, { inputs: [call(61)] });
    expect(await count()).toBe(60);
    expect(await foldAll(gateway.database.orm)).toBe(2);
    expect(await count()).toBe(60);
    expect((await gateway.ask(Reconcile)).reconcile).toMatchObject({ differing: 0 });
  });
});
