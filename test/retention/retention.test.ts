import { Big } from 'big.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gateway as itself, operator } from '../../src/caller/principal.ts';
import { retentionTask } from '../../src/retention/retention.task.ts';
import { findDue, forgetSome, keepSummaries } from '../../src/retention/retention.service.ts';
import { createStore } from '../../src/recording/store-calls.ts';
import { recordCalls } from '../../src/recording/recording.service.ts';
import type { TenantId } from '../../src/values/identifier.ts';
import { createLogger } from '../../src/settings/log.ts';
import { DeleteTenant, Reconcile, RecordBatch, Void } from '../acceptance/operations.ts';
import { foldAll } from '../reporting/folded.ts';
import { auditRows } from '../support/audit-rows.ts';
import { describeOnEachDatabase } from '../support/databases.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const now = new Date('2026-07-15T12:00:00Z');
/** Of 100 days before that. */
const horizon = new Date('2026-04-01T00:00:00Z');
const instant = horizon.toISOString();
const dayMs = 86_400_000;

/** A call every twelve hours from 2026 on, of two users and agents. */
const call = (tenantId: string, no: number, more: object = {}) => ({
  tenantId,
  requestId: `call-${no}`,
  occurredAt: new Date(Date.UTC(2026, 0, 1) + no * 0.5 * dayMs + 600_000).toISOString(),
  agentId: `agent-${no % 2}`,
  userId: `user-${no % 2}`,
  provider: 'north',
  model: 'large',
  botId: 'bot',
  inputTokens: no,
  outputTokens: 1,
  costUsd: '0.01',
  ...more,
});
const callsOf = (tenantId: string, count = 380) => Array.from({ length: count }, (_, no) => call(tenantId, no));
/** Those of them from before the horizon. */
const leaving = 180;

describeOnEachDatabase('calls that leave the ledger', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind, { clock: () => now, folding: false });
  });
  afterAll(() => gateway?.close());

  const em = () => gateway.database.orm.em.fork();
  const setDays = async (id: string, days: number | null) => {
    const { errors, data } = await gateway.send<{ updateTenant: unknown }, object>(
      `mutation ($id: ID!, $days: Int) { updateTenant(id: $id, input: { retentionDays: $days }) { retentionDays completeFrom } }`,
      { id, days },
    );
    return errors[0] ?? data.updateTenant;
  };
  /** A tenant with calls, some of which wait to be folded, and what is due of it. */
  async function tenantWithCalls(id: string) {
    await gateway.ask(RecordBatch, { inputs: callsOf(id, 150) });
    await foldAll(gateway.database.orm);
    await gateway.ask(RecordBatch, { inputs: callsOf(id).slice(150) });
    await setDays(id, 100);
    const [due] = await findDue(em(), [id as TenantId], undefined, now);
    if (!due) throw new Error('Calls are old enough.');
    return due;
  }
  const left = async (id: string) => {
    const [row] = await em().execute<{ calls: number }[]>(
      'select count(*)::int as calls from usage_call where tenant_id = ?',
      [id],
    );
    return row?.calls;
  };
  const forgetAll = async (id: string) => {
    let calls = 0;
    for (let step = -1; step !== 0;) calls += step = await forgetSome(em(), id as TenantId, 100);
    return calls;
  };
  const totals = async (tenantId: string, args: string) => {
    const { data, errors } = await gateway.send<{ usage: { totals: { totalCalls: number } } }, object>(
      `{ usage(tenantId: "${tenantId}"${args}) { totals { totalCalls } filtersApplied { from } } }`,
    );
    return errors[0] ?? data.usage;
  };
  const beyond = (message: string, field = 'from') =>
    expect.objectContaining({
      message: expect.stringContaining(message),
      extensions: { code: 'BEYOND_RETENTION', field, completeFrom: instant },
    });
  const differences = async () => (await gateway.ask(Reconcile, { first: 5 })).reconcile.differences;

  it('are those from before the begin of a month, by days of the tenant or of the setting', async () => {
    await gateway.ask(RecordBatch, { inputs: callsOf('days') });
    const due = async (standard?: number) =>
      (await findDue(em(), ['days' as TenantId], standard, now)).map(({ horizon }) => horizon.toISOString());
    expect(await due()).toEqual([]);
    expect(await due(30)).toEqual(['2026-06-01T00:00:00.000Z']);
    expect(await setDays('days', 100)).toEqual({ retentionDays: 100, completeFrom: null });
    expect([await due(), await due(30)]).toEqual([[instant], [instant]]);
    // Nothing is as old as that.
    expect(await setDays('days', 400)).toEqual({ retentionDays: 400, completeFrom: null });
    expect(await due(30)).toEqual([]);
    expect(await setDays('days', null)).toEqual({ retentionDays: null, completeFrom: null });
    expect(await due()).toEqual([]);
    for (const days of [0, -1, 36_501])
      expect(await setDays('days', days)).toMatchObject({
        extensions: { code: 'VALIDATION_ERROR', field: 'retentionDays' },
      });
    expect((await auditRows(gateway, 'days')).map(({ details }) => details)).toContainEqual({
      retentionDays: { old: null, new: 100 },
    });
  });

  it('are in summaries alone from one moment on, which is on record, and then go in steps', async () => {
    const due = await tenantWithCalls('steps');
    const whole = await totals('steps', '');
    await keepSummaries(em(), itself, due, now);
    expect(await left('steps')).toBe(380);
    expect(await setDays('steps', 100)).toEqual({ retentionDays: 100, completeFrom: instant });
    expect(await totals('steps', '')).toMatchObject({ totals: { totalCalls: 380 } });
    expect(whole).toMatchObject({ totals: { totalCalls: 380 } });
    expect(await forgetSome(em(), 'steps' as TenantId, 100)).toBe(100);
    expect(await findDue(em(), ['steps' as TenantId], undefined, now)).toEqual([
      { tenantId: 'steps', horizon, isKept: true },
    ]);
    expect(await forgetAll('steps')).toBe(leaving - 100);
    expect(await left('steps')).toBe(380 - leaving);
    expect(await findDue(em(), ['steps' as TenantId], undefined, now)).toEqual([]);
    // The begin of the hour of the first call is what is left of it.
    expect(await totals('steps', '')).toEqual({
      totals: { totalCalls: 380 },
      filtersApplied: { from: '2026-01-01T00:00:00.000Z' },
    });
    expect(await auditRows(gateway, 'steps')).toContainEqual(
      expect.objectContaining({
        action: 'retention.run',
        actor: 'gateway',
        tenant_id: 'steps',
        details: { horizon: instant, calls: leaving },
      }),
    );
    expect(await differences()).toEqual([]);
  });

  it('are not asked for by what no summary tells, whether or not they are gone', async () => {
    const due = await tenantWithCalls('asked');
    await keepSummaries(em(), operator, due, now);
    for (const gone of [false, true]) {
      if (gone) await forgetAll('asked');
      const day = (from: string, to: string) => `, from: "2026-${from}Z", to: "2026-${to}Z"`;
      const days = day('02-01T00:00:00', '05-01T00:00:00');
      expect(await totals('asked', days)).toMatchObject({ totals: { totalCalls: 178 } });
      expect(await totals('asked', `${days}, filters: { agentId: "agent-1", model: "large" }`)).toMatchObject({
        totals: { totalCalls: 89 },
      });
      expect(await totals('asked', `${days}, filters: { userId: "user-1" }`)).toMatchObject({
        totals: { totalCalls: 89 },
      });
      expect(await totals('asked', `${days}, filters: { botId: "bot" }`)).toEqual(beyond(`without 'botId'`));
      expect(await totals('asked', `, filters: { botId: "bot" }`)).toEqual(beyond(`without 'botId'`));
      expect(await totals('asked', `${days}, filters: { agentId: "agent-1", userId: "user-1" }`)).toEqual(
        beyond(`by fewer of 'agentId', 'userId' at once`),
      );
      expect(await totals('asked', day('02-01T00:05:00', '05-01T00:00:00'))).toEqual(beyond('whole hours of UTC'));
      expect(
        await totals('asked', `${day('02-01T01:00:00', '05-01T00:00:00')}, filters: { agentId: "agent-1" }`),
      ).toEqual(beyond('whole days'));
      // No call was in those minutes, nor in their hour.
      expect(await totals('asked', day('02-01T01:05:00', '05-01T00:00:00'))).toMatchObject({
        totals: { totalCalls: 177 },
      });
      expect(await totals('asked', `, from: "${instant}", filters: { botId: "bot" }`)).toMatchObject({
        totals: { totalCalls: 200 },
      });
    }
  });

  it('are neither listed, found, voided, replaced, repriced nor recorded any more', async () => {
    const due = await tenantWithCalls('changed');
    await keepSummaries(em(), operator, due, now);
    const list = async (args: string) => {
      const { data, errors } = await gateway.send<{ calls: { edges: { node: object }[] } }, object>(
        `{ calls(tenantId: "changed", first: 500${args}) { edges { node { requestId } } } }`,
      );
      return errors[0] ?? data.calls.edges.length;
    };
    const reprice = async (from: string) => {
      const { data, errors } = await gateway.send<{ repriceUsage: object }, object>(
        `mutation { repriceUsage(tenantId: "changed", from: "${from}", to: "2026-07-01T00:00:00Z", scope: ALL_BUT_CALLER, reason: "new", dryRun: false) { calls } }`,
      );
      return errors[0] ?? data.repriceUsage;
    };
    const results = async (...inputs: object[]) => {
      const { recordUsageBatch } = await gateway.ask(RecordBatch, { inputs: inputs as never });
      return recordUsageBatch.results;
    };
    const refused = {
      outcome: 'REJECTED',
      error: { code: 'BEYOND_RETENTION', message: expect.stringContaining(instant) },
    };
    for (const gone of [false, true]) {
      if (gone) await forgetAll('changed');
      expect(await list('')).toBe(380 - leaving);
      expect(await list(', from: "2026-03-01T00:00:00Z"')).toEqual(beyond('Ask from then on'));
      expect(await list(', from: "2020-03-01T00:00:00Z", to: "2026-01-01T00:00:00Z"')).toBe(0);
      expect(await reprice('2026-03-01T00:00:00Z')).toEqual(beyond('Ask from then on'));
      expect(await reprice('2026-05-01T00:00:00Z')).toEqual({ calls: 0 });
      const voided = await gateway.send(Void, { tenantId: 'changed', requestId: 'call-3', reason: 'wrong' });
      expect(voided.errors[0]?.extensions).toEqual({
        code: gone ? 'NOT_FOUND' : 'BEYOND_RETENTION',
        field: 'requestId',
        completeFrom: instant,
      });
      expect(await results(call('changed', 1_000, { occurredAt: '2026-03-31T23:59:59.999Z' }))).toMatchObject([
        refused,
      ]);
      // What was recorded before may be sent again until it is gone.
      expect(await results(call('changed', 4))).toMatchObject([gone ? refused : { outcome: 'DUPLICATE' }]);
      expect(await results(call('changed', 4, { outputTokens: 5, replaces: true }))).toMatchObject([refused]);
      expect(
        await results(call('changed', 379, { outputTokens: 5, replaces: true, occurredAt: '2026-03-01T00:00:00Z' })),
      ).toMatchObject([refused]);
    }
    const one = await gateway.send('{ call(tenantId: "changed", requestId: "call-3") { requestId } }');
    expect(one.errors[0]?.extensions).toEqual({ code: 'NOT_FOUND', field: 'requestId', completeFrom: instant });
    // In a batch the others are stored.
    expect(
      await results(
        call('changed', 1_001, { occurredAt: '2026-03-01T00:00:00Z' }),
        call('changed', 1_002, { occurredAt: instant }),
      ),
    ).toMatchObject([refused, { outcome: 'RECORDED' }]);
    const preview = await gateway.send(
      '{ previewUsage(input: { tenantId: "changed", occurredAt: "2026-03-01T00:00:00Z", inputTokens: 1, outputTokens: 1 }) { outcome error { code } } }',
    );
    expect([preview.errors, preview.data]).toMatchObject([
      [],
      { previewUsage: { outcome: 'REJECTED', error: { code: 'BEYOND_RETENTION' } } },
    ]);
    await foldAll(gateway.database.orm);
    expect(await totals('changed', '')).toMatchObject({ totals: { totalCalls: 381 } });
    expect(await differences()).toEqual([]);
  });

  it('keep their tenant from being deleted', async () => {
    const due = await tenantWithCalls('deleted');
    await keepSummaries(em(), operator, { ...due, horizon: new Date('2026-07-10T00:00:00Z') }, now);
    await forgetAll('deleted');
    expect(await left('deleted')).toBe(0);
    const { errors } = await gateway.send(DeleteTenant, { id: 'deleted' });
    expect(errors[0]?.message).toContain('has calls');
  });

  it('are of their own tenant, whatever leaves of others', async () => {
    await gateway.ask(RecordBatch, { inputs: callsOf('other') });
    const due = await tenantWithCalls('mine');
    await keepSummaries(em(), operator, due, now);
    await forgetAll('mine');
    expect([await left('mine'), await left('other')]).toEqual([380 - leaving, 380]);
    expect(await totals('other', ', from: "2026-01-01T00:00:01Z", filters: { botId: "bot" }')).toMatchObject({
      totals: { totalCalls: 380 },
    });
    const refuses = async () =>
      (await gateway.ask(RecordBatch, { inputs: [call('other', 9_000, { occurredAt: '2025-01-01T00:00:00Z' })] }))
        .recordUsageBatch.results;
    expect(await refuses()).toMatchObject([{ outcome: 'RECORDED' }]);
  });

  it('are recorded exactly once or refused, however recording and leaving meet', { timeout: 120_000 }, async () => {
    const due = await tenantWithCalls('racing');
    const store = createStore(gateway.database.orm);
    let no = 10_000;
    const stop = new AbortController();
    const recorded: string[] = [];
    const refused: string[] = [];
    const record = async () => {
      while (!stop.signal.aborted) {
        const inputs = Array.from({ length: 5 }, () => {
          const one = call('racing', no++);
          return { ...one, costUsd: new Big('0.01'), occurredAt: new Date(horizon.getTime() - dayMs) };
        });
        for (const [index, result] of (await recordCalls(store, operator, inputs, now)).entries()) {
          const id = String(inputs[index]?.requestId);
          if (result.outcome === 'RECORDED') recorded.push(id);
          else if (result.outcome === 'REJECTED' && result.error.code === 'BEYOND_RETENTION') refused.push(id);
          else throw new Error(JSON.stringify(result));
        }
      }
    };
    const until = async (done: () => boolean) => {
      while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const recording = [record(), record()];
    await until(() => recorded.length > 20);
    await keepSummaries(em(), operator, due, now);
    const known = recorded.length;
    await forgetAll('racing');
    await until(() => refused.length > 20);
    stop.abort();
    await Promise.all(recording);
    expect(recorded.length - known).toBeLessThanOrEqual(10);
    expect(await totals('racing', '')).toMatchObject({ totals: { totalCalls: 380 + recorded.length } });
    expect(await totals('racing', ', to: "2026-04-01T00:00:00Z"')).toMatchObject({
      totals: { totalCalls: leaving + recorded.length },
    });
    expect(await left('racing')).toBe(380 - leaving);
    expect(await differences()).toEqual([]);
  });

  it('leave once, however many gateways see to it', { timeout: 120_000 }, async () => {
    const due = await tenantWithCalls('several');
    const run = async () => {
      await keepSummaries(em(), itself, due, now);
      return forgetAll('several');
    };
    const gone = await Promise.all([run(), run(), run()]);
    expect(gone.reduce((sum, calls) => sum + calls, 0)).toBe(leaving);
    const acts = (await auditRows(gateway, 'several')).filter(({ action }) => action === 'retention.run');
    expect(acts).toHaveLength(1);
    expect(await totals('several', '')).toMatchObject({ totals: { totalCalls: 380 } });
  });

  it('leave in the background, a tenant after another', { timeout: 120_000 }, async () => {
    await tenantWithCalls('background');
    const log = createLogger({ logLevel: 'silent', environment: 'test' });
    const task = retentionTask(gateway.database.orm, () => now, log, { standardDays: undefined, mostAStep: 70 });
    const { signal } = new AbortController();
    let steps = 0;
    while ((await task.step(signal)) === 'again') steps++;
    // Summaries, 70, 70 and 40 calls.
    expect(steps).toBe(4);
    expect(await left('background')).toBe(380 - leaving);
    expect(await findDue(em(), undefined, undefined, now)).toEqual([]);
    expect(await differences()).toEqual([]);
  });
});
