import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldTask, type FoldOptions } from '../../src/rollup/fold.task.ts';
import { isLocal, optionalLevels } from '../../src/rollup/levels.ts';
import { RecordBatch, Totals } from '../acceptance/operations.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { expectSummariesOfLedger } from './expect-summaries.ts';

const batches = 15;
const callsPerBatch = 100;

describe('the task that folds', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway('embedded', { folding: false });
  });
  afterAll(() => gateway?.close());

  /** Folds new calls of a tenant until there is nothing left; the steps that it took, and the pause after them. */
  async function foldNew(tenantId: string, options: FoldOptions): Promise<{ steps: number; restMs: number }> {
    const call = { tenantId, userId: 'ada', inputTokens: 1, outputTokens: 1 };
    for (let batch = 0; batch < batches; batch++)
      await gateway.ask(RecordBatch, { inputs: Array.from({ length: callsPerBatch }, () => call) });
    const task = foldTask(gateway.database.orm, pino({ level: 'silent' }), options);
    for (let steps = 1; ; steps++) {
      const next = await task.step(new AbortController().signal);
      if (next !== 'again') return { steps, ...next };
    }
  }

  it('takes more at once where a step may last longer, and pauses when everything is folded', async () => {
    const pauseMs = 1_000_000;
    const long = await foldNew('long', { stepMs: 1_000_000, pauseMs });
    const short = await foldNew('short', { stepMs: 0.000_001, pauseMs });
    expect(short.steps).toBeGreaterThan(long.steps);
    expect([long.restMs, short.restMs]).toEqual([pauseMs, pauseMs]);
    await expectSummariesOfLedger(gateway.database.orm);
    const { usage } = await gateway.ask(Totals, { tenantId: 'short' });
    expect(usage.totals.totalCalls).toBe(batches * callsPerBatch);
  });

  it('never looks again at once when everything is folded', async () => {
    const { restMs } = await foldNew('busy', { stepMs: 50, pauseMs: 0 });
    expect(restMs).toBeGreaterThan(0);
  });

  it('gives a tenant that has grown the summaries that pay for it', async () => {
    const { orm } = gateway.database;
    await foldNew('grown', { stepMs: 50, pauseMs: 1000 });
    const marks = await orm.em.fork().execute(`select levels from rollup_mark where tenant_id = 'grown'`);
    expect(marks).toEqual([{ levels: optionalLevels.flatMap(({ code, grain }) => (isLocal(grain) ? [] : [code])) }]);
    await expectSummariesOfLedger(orm);
  });
});
