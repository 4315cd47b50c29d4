import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openOrm } from '../../src/database/orm.ts';
import { Record as RecordCall, RecordBatch, Totals } from '../acceptance/operations.ts';
import { createTestDatabase, unavailable } from '../support/databases.ts';
import { startTestGateway } from '../support/gateway.ts';

const reason = unavailable('postgres');
const call = { tenantId: 'acme', inputTokens: 1, outputTokens: 1 };
const waitingForLocks =
  "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";

describe.skipIf(reason)(`a gateway with more calls than it can store${reason ? ` (left out: ${reason})` : ''}`, () => {
  it('answers 503 with Retry-After at once, and keeps what it has taken', async () => {
    const database = await createTestDatabase('postgres');
    const gateway = await startTestGateway('postgres', { database, config: { recordingQueueMax: 2 } });
    onTestFinished(() => gateway.close());
    await gateway.ask(RecordCall, { input: call });
    const orm = openOrm({ clientUrl: database.config.databaseUrl ?? '', pool: { min: 0, max: 1 } }, []);
    onTestFinished(() => orm.close(true));

    const taken = await orm.em.transactional(async (em) => {
      await em.execute('lock table usage_call in exclusive mode');
      const waiting = [];
      // The first one waits for the lock inside a statement, the next ones for that.
      waiting.push(gateway.send(RecordCall, { input: call }));
      await vi.waitFor(async () => {
        await em.execute('select pg_stat_clear_snapshot()');
        expect(await em.execute(waitingForLocks)).toHaveLength(1);
      }, 10_000);
      waiting.push(gateway.send(RecordBatch, { inputs: [call, call] }));
      const refused = await vi.waitUntil(async () => {
        const answer = await gateway.send(RecordCall, { input: { ...call, requestId: 'refused' } });
        return answer.status === 503 ? answer : undefined;
      }, 10_000);
      expect(refused.errors).toMatchObject([{ extensions: { code: 'OVERLOADED' } }]);
      expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
      return waiting;
    });

    for (const answer of await Promise.all(taken)) expect(answer.errors).toEqual([]);
    const { usage } = await gateway.ask(Totals, { tenantId: 'acme' });
    expect(usage.totals.totalCalls).toBe(4);
    const again = await gateway.ask(RecordCall, { input: { ...call, requestId: 'refused' } });
    expect(again.recordUsage.outcome).toBe('RECORDED');
  });
});
