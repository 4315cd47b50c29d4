import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { foldTask } from '../../src/rollup/fold.task.ts';
import { RecordBatch, Reconcile, Totals } from '../acceptance/operations.ts';
import { foldAll } from '../reporting/folded.ts';
import { asOwner } from '../support/as-owner.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const call = (tenantId: string, requestId: string) => ({
  tenantId,
  requestId,
  occurredAt: '2026-04-15T12:30:00Z',
  inputTokens: 1,
  outputTokens: 1,
});

describeOnEachDatabase('a tenant that cannot be folded', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { folding: false });
  });
  afterAll(() => gateway.close());

  const waiting = async () => {
    const rows = await asOwner<{ tenant_id: string }>(gateway.database.orm, 'select distinct tenant_id from unfolded');
    return rows.map((row) => row.tenant_id);
  };

  it('holds back nobody else, is named in the log, and is folded once it can be', async () => {
    const { orm } = gateway.database;
    const tenants = ['broken', 'one', 'two', 'three'];
    await gateway.ask(RecordBatch, { inputs: tenants.map((tenantId) => call(tenantId, 'first')) });
    // Whatever it may be that nobody thought of.
    await asOwner(orm, `alter table tenant_summary add constraint planted check (tenant_id <> 'broken')`);
    const logged: string[] = [];
    const log = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) });
    const task = foldTask(orm, log, { stepMs: 50, pauseMs: 1 });
    await task.step(new AbortController().signal);
    expect(await waiting()).toEqual(['broken']);
    expect(logged.map((line) => JSON.parse(line).tenantId)).toEqual(['broken']);

    await gateway.ask(RecordBatch, { inputs: tenants.map((tenantId) => call(tenantId, 'second')) });
    // It rests, and is not tried again with each step.
    await task.step(new AbortController().signal);
    expect(await waiting()).toEqual(['broken']);
    expect(logged).toHaveLength(1);
    for (const tenantId of tenants) expect((await gateway.ask(Totals, { tenantId })).usage.totals.totalCalls).toBe(2);

    await asOwner(orm, 'alter table tenant_summary drop constraint planted');
    await foldAll(orm);
    expect(await waiting()).toEqual([]);
    expect((await gateway.ask(Reconcile)).reconcile.differing).toBe(0);
  });

  it('is none because of the longest names that recording takes', async () => {
    const { orm } = gateway.database;
    // Beyond the BMP, four bytes each, and so many different ones that nothing can be compressed.
    const name = (seed: number) =>
      Array.from({ length: 200 }, (_, index) =>
        String.fromCodePoint(0x1_0000 + ((seed * 7919 + index * index * 104_729 + index * 13) % 0xf_0000)),
      ).join('');
    const inputs = [
      {
        ...call(name(1), name(2)),
        agentId: name(3),
        provider: name(4),
        model: name(5),
        channelId: name(6),
        userId: name(7),
        botId: name(8),
        threadId: name(9),
        knowledgeBaseId: name(10),
        operation: name(11),
      },
    ];
    expect((await gateway.ask(RecordBatch, { inputs })).recordUsageBatch.recorded).toBe(1);
    await foldAll(orm);
    expect(await waiting()).toEqual([]);
    expect((await gateway.ask(Reconcile)).reconcile.differing).toBe(0);
  });
});
