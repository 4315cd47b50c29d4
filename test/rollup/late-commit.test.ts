import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { openOrm, type Orm } from '../../src/database/orm.ts';
import { fold } from '../../src/rollup/fold.service.ts';
import { Record, Totals, Void } from '../acceptance/operations.ts';
import { foldAll } from '../reporting/folded.ts';
import { runs } from '../reporting/property-options.ts';
import { createTestDatabase, unavailable, type TestDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { copyCall } from './copy-call.ts';
import { expectSummariesOfLedger } from './expect-summaries.ts';

vi.setConfig({ testTimeout: 90_000 });

const tenantId = 'late';
const first = { tenantId, requestId: 'first' };
const reason = unavailable('postgres');

/** A transaction that stays open behind its work until it is told to end. */
interface OpenTransaction {
  commit(): Promise<void>;
  rollBack(): Promise<void>;
}

describe.skipIf(reason)(
  `transactions that overlap a fold [postgres; the embedded database has one at a time]${reason ? ` (left out: ${reason})` : ''}`,
  () => {
    let database: TestDatabase;
    let gateway: TestGateway;
    let others: Orm;

    beforeAll(async () => {
      database = await createTestDatabase('postgres');
      const clock = () => new Date('2026-10-25T01:30:00Z');
      gateway = await startTestGateway('postgres', { database, clock, folding: false });
      others = openOrm({ clientUrl: database.config.databaseUrl, pool: { min: 0, max: 6 } }, []);
    });
    afterAll(async () => {
      await others?.close(true);
      await gateway?.close();
    });
    beforeEach(() => beginAnew());

    async function beginAnew(): Promise<void> {
      await others.em
        .fork()
        .execute('truncate usage_call, tenant_summary, detail_summary, agent_summary, model_summary, unfolded');
      await record(first.requestId);
    }

    async function open(work: (em: SqlEntityManager) => Promise<unknown>): Promise<OpenTransaction> {
      const { promise: end, resolve: commit, reject } = Promise.withResolvers<void>();
      const worked = Promise.withResolvers<void>();
      const transaction = others.em.fork().transactional(async (em) => {
        await work(em);
        worked.resolve();
        await end;
      });
      transaction.catch(worked.reject);
      await worked.promise;
      return {
        async commit() {
          commit();
          await transaction;
        },
        async rollBack() {
          reject(new Error('rolled back'));
          await expect(transaction).rejects.toThrow('rolled back');
        },
      };
    }

    const openRecording = (requestId: string) => open((em) => copyCall(em, first, requestId));
    const openVoid = (requestId: string) =>
      open((em) =>
        em.execute(`
          with batch as (select gen_random_uuid() as id), waiting as (
            insert into unfolded (tenant_id, batch_id, calls) select '${tenantId}', id, 0 from batch
          )
          update usage_call set voided_at = now(), void_reason = 'late', voided_by = 'test', void_batch_id = batch.id
          from batch
          where tenant_id = '${tenantId}' and request_id = '${requestId}'`),
      );

    // Days before now, so that summaries have all of them.
    async function record(requestId: string): Promise<void> {
      const input = { tenantId, requestId, inputTokens: 7, outputTokens: 1, occurredAt: '2026-04-15T12:30:00Z' };
      expect((await gateway.ask(Record, { input })).recordUsage.outcome).toBe('RECORDED');
    }

    const reportedCalls = async () =>
      (await gateway.ask(Totals, { tenantId, from: '2026-01-01T00:00:00Z', to: '2026-07-01T00:00:00Z' })).usage.totals
        .totalCalls;

    async function summarisedCalls(): Promise<number> {
      const [row] = await others.em
        .fork()
        .execute<{ calls: number }[]>(
          `select sum(calls)::int as calls from tenant_summary where tenant_id = '${tenantId}' and grain = 'MONTH'`,
        );
      return row?.calls ?? 0;
    }

    /** Folds until the summaries have so many calls; transactions of other databases on the server may hold that up. */
    async function foldUpTo(calls: number): Promise<void> {
      await vi.waitFor(
        async () => {
          await foldAll(gateway.database.orm, 3);
          expect(await summarisedCalls()).toBe(calls);
        },
        { timeout: 30_000, interval: 50 },
      );
      await expectSummariesOfLedger(others);
      expect(await reportedCalls()).toBe(calls);
    }

    /** A fold that is held open behind its last statement, and has something to take. */
    const openFold = () =>
      open((em) =>
        vi.waitFor(async () => expect((await fold(em, 1_000)).calls).toBe(1), { timeout: 30_000, interval: 50 }),
      );

    it('are counted when they commit, and folded once, though folds went on meanwhile', async () => {
      await foldAll(gateway.database.orm);
      const late = await openRecording('late');
      for (let no = 0; no < 5; no++) {
        await record(`meanwhile-${no}`);
        await foldAll(gateway.database.orm, 2);
        await expectSummariesOfLedger(others);
        // A transaction that stays open holds nothing back.
        expect(await summarisedCalls()).toBe(no + 2);
        expect(await reportedCalls()).toBe(no + 2);
      }
      await late.commit();
      expect(await reportedCalls()).toBe(7);
      for (let time = 0; time < 3; time++) await foldUpTo(7);
    });

    it('are counted when they void, and taken out of the summaries, though folds went on meanwhile', async () => {
      await record('voided');
      await foldUpTo(2);
      const late = await openVoid('voided');
      await record('meanwhile');
      await foldAll(gateway.database.orm);
      expect(await reportedCalls()).toBe(3);
      await late.commit();
      expect(await reportedCalls()).toBe(2);
      await foldUpTo(2);
    });

    it('are folded once and counted at once in whatever order they begin and end', async () => {
      const step = fc.oneof(
        { weight: 3, arbitrary: fc.constant('begin to record' as const) },
        { weight: 2, arbitrary: fc.constant('begin to void' as const) },
        { weight: 3, arbitrary: fc.constant('commit' as const) },
        { weight: 1, arbitrary: fc.constant('roll back' as const) },
        { weight: 3, arbitrary: fc.constant('record' as const) },
        { weight: 4, arbitrary: fc.constant('fold' as const) },
      );
      const steps = fc.array(fc.record({ step, no: fc.nat() }), { minLength: 5, maxLength: 25, size: 'max' });
      await fc.assert(
        fc.asyncProperty(steps, async (steps) => {
          await beginAnew();
          /** Transactions that are open, each with what it adds to the calls. */
          const opened: { transaction: OpenTransaction; adds: number }[] = [];
          const unvoided: string[] = [];
          let calls = 1;
          for (const [index, { step, no }] of steps.entries()) {
            const requestId = `call-${index}`;
            if (step === 'record') {
              await record(requestId);
              unvoided.push(requestId);
              calls++;
            } else if (step === 'fold') await fold(gateway.database.orm.em.fork(), 1 + (no % 3));
            else if (step === 'begin to record' && opened.length < 4)
              opened.push({ transaction: await openRecording(requestId), adds: 1 });
            else if (step === 'begin to void' && opened.length < 4) {
              const [voided] = unvoided.splice(no % Math.max(1, unvoided.length), 1);
              if (voided) opened.push({ transaction: await openVoid(voided), adds: -1 });
            } else if (step === 'commit' || step === 'roll back') {
              const [ended] = opened.splice(no % Math.max(1, opened.length), 1);
              if (step === 'roll back') await ended?.transaction.rollBack();
              else {
                await ended?.transaction.commit();
                calls += ended?.adds ?? 0;
              }
            }
            expect(await reportedCalls()).toBe(calls);
            await expectSummariesOfLedger(others);
          }
          for (const { transaction, adds } of opened) {
            await transaction.commit();
            calls += adds;
          }
          await foldUpTo(calls);
        }),
        { ...runs(15), interruptAfterTimeLimit: 60_000 },
      );
    });

    it('that fold leave others nothing to do of the same tenant, and all of another', async () => {
      await foldUpTo(1);
      await record('second');
      const folding = await openFold();
      await record('third');
      const nothing = { calls: 0, more: false, failed: [], grown: [] };
      expect(await fold(gateway.database.orm.em.fork(), 1_000)).toEqual(nothing);
      const ofAnother = { tenantId: 'another', requestId: 'one', inputTokens: 1, outputTokens: 1 };
      await gateway.ask(Record, { input: ofAnother });
      expect(await fold(gateway.database.orm.em.fork(), 1_000)).toEqual({ ...nothing, calls: 1 });
      expect(await reportedCalls()).toBe(3);
      await folding.commit();
      await foldUpTo(3);
    });

    it('that fold all at once take each call once', async () => {
      for (let round = 0; round < 20; round++) {
        for (let no = 0; no < 5; no++) await record(`${round}-${no}`);
        const ems = [gateway.database.orm, others, others, gateway.database.orm].map((orm) => orm.em.fork());
        await Promise.all(ems.map((em, no) => fold(em, 2 + no)));
        await expectSummariesOfLedger(others);
      }
      await foldUpTo(101);
    });

    it.each(['commit', 'rollBack'] as const)(
      'that fold hold up neither recording, voiding nor reports, and then %s',
      async (end) => {
        await record('second');
        await foldUpTo(2);
        await gateway.ask(Void, { tenantId, requestId: 'second', reason: 'so that the fold renews summaries' });
        await record('third');
        const folding = await openFold();
        const newTenant = 'begun during a fold';
        const input = { tenantId: newTenant, requestId: `before ${end}`, inputTokens: 1, outputTokens: 1 };
        await gateway.ask(Record, { input });
        await Promise.all(Array.from({ length: 20 }, (_, no) => record(`during-${no}`)));
        await gateway.ask(Void, { tenantId, requestId: 'third', reason: 'as the fold takes it' });
        await gateway.ask(Void, { tenantId, requestId: 'during-0', reason: 'behind the fold' });
        expect(await reportedCalls()).toBe(20);
        await folding[end]();
        expect(await reportedCalls()).toBe(20);
        await foldUpTo(20);
      },
    );
  },
);
