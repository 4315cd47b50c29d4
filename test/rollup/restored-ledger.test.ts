import { expect, it, onTestFinished } from 'vitest';
import { RecordBatch, Reconcile, Totals, Void } from '../acceptance/operations.ts';
import { createTestDatabase, describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway } from '../support/gateway.ts';
import { foldAll } from '../reporting/folded.ts';

const call = (no: number) => ({
  tenantId: 'acme',
  requestId: `call-${no}`,
  occurredAt: new Date(Date.UTC(2026, 0, 1, no)).toISOString(),
  inputTokens: no,
  outputTokens: 1,
});

describeOnEachDatabase('a ledger that was restored from a server with later transactions', (kind) => {
  it('is counted as before, and so is what comes after', async () => {
    const { config, drop } = await createTestDatabase(kind);
    const database = { config, drop: async () => undefined };
    onTestFinished(drop);
    const before = await startTestGateway(kind, { database, folding: false });
    await before.ask(RecordBatch, { inputs: Array.from({ length: 60 }, (_, no) => call(no)) });
    await foldAll(before.database.orm);
    await before.ask(Void, { tenantId: 'acme', requestId: 'call-7', reason: 'wrong' });
    await before.ask(Void, { tenantId: 'acme', requestId: 'call-8', reason: 'wrong' });
    await before.ask(RecordBatch, { inputs: [call(60)] });
    // What a dump of a server with a long history looks like on a young one.
    const later = 1_000_000_000_000;
    for (const statement of [
      `update usage_call set recorded_xid = recorded_xid + ${later}, voided_xid = voided_xid + ${later}`,
      `update rollup_mark set folded_below = folded_below + ${later}, folding_below = folding_below + ${later}`,
    ])
      await before.database.orm.em.fork().execute(statement);
    await before.close();

    const gateway = await startTestGateway(kind, { database, folding: false });
    onTestFinished(() => gateway.close());
    const count = async () => (await gateway.ask(Totals, { tenantId: 'acme' })).usage.totals.totalCalls;
    expect(await count()).toBe(59);
    await gateway.ask(RecordBatch, { inputs: [call(61)] });
    expect(await count()).toBe(60);
    expect(await foldAll(gateway.database.orm)).toBeGreaterThan(0);
    expect(await count()).toBe(60);
    expect((await gateway.ask(Reconcile)).reconcile).toMatchObject({ differing: 0 });
  });
});
