import { describe, expect, it } from 'vitest';
import { OverloadedError } from '../../src/values/errors.ts';
import { tenantId } from '../../src/values/identifier.ts';
import { RecordingQueue } from '../../src/recording/recording-queue.ts';
import type { Outcome } from '../../src/recording/outcomes.ts';
import { validateCall, type NewCall } from '../../src/recording/validate-call.ts';

const now = new Date('2026-05-01T00:00:00Z');
const call = (requestId: string, tenant = 'acme') =>
  validateCall({ requestId, inputTokens: 1, outputTokens: 1 }, { tenantId: tenantId(tenant), recordedBy: 'key', now });
const calls = (count: number, name: string, tenant?: string) =>
  Array.from({ length: count }, (_, index) => call(`${name}-${index}`, tenant));
const recorded = (stored: readonly NewCall[]): Outcome[] =>
  stored.map((call) => ({ outcome: 'RECORDED', call: { ...call, recordedAt: now } }));
const ids = (outcomes: Outcome[]) =>
  outcomes.map((outcome) => (outcome.outcome === 'REJECTED' ? undefined : outcome.call.requestId));

/** A store whose statements end when the test says so. */
function heldStore() {
  const statements: { calls: readonly NewCall[]; end: (error?: Error) => void }[] = [];
  const store = (calls: readonly NewCall[]) =>
    new Promise<Outcome[]>((resolve, reject) => {
      statements.push({ calls, end: (error) => (error ? reject(error) : resolve(recorded(calls))) });
    });
  const started = async (count: number) => {
    while (statements.length < count) await new Promise(setImmediate);
    const statement = statements[count - 1];
    if (!statement) throw new Error('It has started.');
    return statement;
  };
  return { store, statements, started };
}

const limits = { maxCalls: 200, maxRunning: 1, overtaking: false, maxWaitMs: 60_000 };
const unforeseen = Object.assign(new Error('invalid input'), { code: '22P02' });
const shutDown = Object.assign(new Error('shutting down'), { code: '57P01' });

describe('the recording queue', () => {
  it('stores what arrives in one turn together, and answers each with its own outcomes in order', async () => {
    const { store, statements, started } = heldStore();
    const queue = new RecordingQueue(store, limits);
    const answers = [queue.store(calls(1, 'a')), queue.store(calls(3, 'b')), queue.store(calls(2, 'c'))];
    (await started(1)).end();
    expect((await Promise.all(answers)).map(ids)).toEqual([['a-0'], ['b-0', 'b-1', 'b-2'], ['c-0', 'c-1']]);
    expect(statements).toHaveLength(1);
  });

  it('tells for how long calls have waited without any being stored', async () => {
    const { store, started } = heldStore();
    let ms = 1_000;
    const queue = new RecordingQueue(store, limits, () => ms);
    expect(queue.stalledMs()).toBe(0);
    const first = queue.store([call('first')]);
    const running = await started(1);
    ms += 300;
    const second = queue.store([call('second')]);
    ms += 200;
    expect(queue.stalledMs()).toBe(500);
    running.end();
    await first;
    ms += 100;
    expect(queue.stalledMs()).toBe(100);
    (await started(2)).end(shutDown);
    await expect(second).rejects.toThrow('shutting down');
    await new Promise(setImmediate);
    expect(queue.stalledMs()).toBe(0);
  });

  it('gathers what arrives while a statement runs', async () => {
    const { store, statements, started } = heldStore();
    const queue = new RecordingQueue(store, limits);
    const first = queue.store([call('first')]);
    const running = await started(1);
    const later = [queue.store([call('a')]), queue.store([call('b')])];
    await new Promise(setImmediate);
    expect(statements).toHaveLength(1);
    running.end();
    (await started(2)).end();
    await Promise.all([first, ...later]);
    expect(statements.map((statement) => statement.calls.length)).toEqual([1, 2]);
  });

  it('answers no caller before its own statement has ended', async () => {
    const { store, started } = heldStore();
    const queue = new RecordingQueue(store, { ...limits, maxRunning: 2 });
    const done: string[] = [];
    const first = queue.store([call('first')]).then(() => done.push('first'));
    const one = await started(1);
    const second = queue.store(calls(100, 'second')).then(() => done.push('second'));
    (await started(2)).end();
    await second;
    expect(done).toEqual(['second']);
    one.end();
    await first;
  });

  it('runs a second statement only for as many calls as are worth one', async () => {
    const { store, statements, started } = heldStore();
    const queue = new RecordingQueue(store, { ...limits, maxRunning: 2 });
    const answers = [queue.store([call('first')])];
    const first = await started(1);
    answers.push(queue.store(calls(99, 'few')));
    await new Promise(setImmediate);
    expect(statements).toHaveLength(1);
    answers.push(queue.store([call('one more')]));
    (await started(2)).end();
    first.end();
    await Promise.all(answers);
    expect(statements.map((statement) => statement.calls.length)).toEqual([1, 100]);
  });

  it('takes no more than a thousand calls at once, unless one request has them', async () => {
    const { store, statements, started } = heldStore();
    const queue = new RecordingQueue(store, { ...limits, maxCalls: 10_000 });
    const answers = [600, 400, 1, 1000].map((count, index) => queue.store(calls(count, String(index))));
    for (const count of [1, 2, 3]) (await started(count)).end();
    await Promise.all(answers);
    expect(statements.map((statement) => statement.calls.length)).toEqual([1000, 1, 1000]);
  });

  it('tells OVERLOADED at once when more wait than it may hold, and takes calls again afterwards', async () => {
    const { store, started } = heldStore();
    const queue = new RecordingQueue(store, limits);
    const running = queue.store([call('running')]);
    const first = await started(1);
    const waiting = queue.store(calls(100, 'waiting'));
    await expect(queue.store([call('too much')])).rejects.toThrow(OverloadedError);
    first.end();
    (await started(2)).end();
    await Promise.all([running, waiting]);
    const again = queue.store([call('again')]);
    (await started(3)).end();
    expect(ids(await again)).toEqual(['again']);
  });

  it('takes a request that is larger than it may hold when nothing else waits', async () => {
    const { store, started } = heldStore();
    const queue = new RecordingQueue(store, limits);
    const answer = queue.store(calls(201, 'large'));
    (await started(1)).end();
    expect(await answer).toHaveLength(201);
  });

  it('fails only the caller whose call the database refuses', async () => {
    const attempts: number[] = [];
    const queue = new RecordingQueue(async (calls) => {
      attempts.push(calls.length);
      if (calls.some(({ requestId }) => requestId === 'bad')) throw unforeseen;
      return recorded(calls);
    }, limits);
    const answers = await Promise.allSettled(['good', 'bad', 'fine'].map((id) => queue.store([call(id)])));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(attempts).toEqual([3, 1, 1, 1]);
  });

  it('gives up on the rest when the same failure comes again, as it is no matter of one call', async () => {
    const attempts: number[] = [];
    const queue = new RecordingQueue(async (calls) => {
      attempts.push(calls.length);
      throw unforeseen;
    }, limits);
    const answers = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((id) => queue.store([call(id)])));
    for (const answer of answers) expect(answer).toMatchObject({ status: 'rejected', reason: unforeseen });
    expect(attempts).toEqual([5, 1, 1]);
  });

  it('gives up on the rest when the database goes while calls are stored one by one', async () => {
    const attempts: number[] = [];
    const queue = new RecordingQueue(async (calls) => {
      attempts.push(calls.length);
      throw calls.length > 1 ? unforeseen : shutDown;
    }, limits);
    const answers = await Promise.allSettled(['a', 'b', 'c'].map((id) => queue.store([call(id)])));
    for (const answer of answers) expect(answer).toMatchObject({ status: 'rejected', reason: shutDown });
    expect(attempts).toEqual([3, 1]);
  });

  it('fails all callers at once when the database is not available', async () => {
    let attempts = 0;
    const queue = new RecordingQueue(async () => {
      attempts++;
      throw shutDown;
    }, limits);
    const answers = await Promise.allSettled(['a', 'b'].map((id) => queue.store([call(id)])));
    for (const answer of answers) expect(answer).toMatchObject({ status: 'rejected', reason: shutDown });
    expect(attempts).toBe(1);
    await expect(queue.store([call('c')])).rejects.toBe(shutDown);
  });

  it('serves another tenant in the next statement, whatever one has waiting', async () => {
    const { store, statements, started } = heldStore();
    const queue = new RecordingQueue(store, { ...limits, maxCalls: 10_000 });
    const flood = Array.from({ length: 20 }, (_, index) => queue.store(calls(100, `flood-${index}`)));
    const first = await started(1);
    const neighbour = queue.store([call('neighbour', 'globex')]);
    first.end();
    (await started(2)).end();
    expect(ids(await neighbour)).toEqual(['neighbour']);
    (await started(3)).end();
    await Promise.all(flood);
    expect(statements.map((statement) => statement.calls.length)).toEqual([1000, 201, 800]);
  });

  it('refuses only the tenant that fills its share, and none that has nothing waiting', async () => {
    const { store, started } = heldStore();
    const queue = new RecordingQueue(store, limits);
    const answers = [queue.store([call('running')])];
    const first = await started(1);
    for (let index = 0; index < 10; index++) answers.push(queue.store(calls(10, `flood-${index}`)));
    await expect(queue.store([call('too much')])).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 1 });
    for (const tenant of ['globex', 'initech']) answers.push(queue.store(calls(10, tenant, tenant)));
    first.end();
    (await started(2)).end();
    await Promise.all(answers);
  });

  it('lets few calls of others overtake large statements', async () => {
    const { store, statements, started } = heldStore();
    const queue = new RecordingQueue(store, { ...limits, overtaking: true });
    const flood = queue.store(calls(150, 'flood'));
    const large = await started(1);
    const more = queue.store([call('more')]);
    const neighbour = queue.store([call('neighbour', 'globex')]);
    (await started(2)).end();
    expect(ids(await neighbour)).toEqual(['neighbour']);
    expect(statements).toHaveLength(2);
    large.end();
    (await started(3)).end();
    await Promise.all([flood, more]);
  });

  it('refuses calls that would wait longer than it may take, by the speed of late', async () => {
    const { store, started } = heldStore();
    let time = 0;
    const queue = new RecordingQueue(store, { ...limits, maxCalls: 10_000, maxWaitMs: 1000 }, () => time);
    for (let count = 1; count <= 3; count++) {
      const stored = queue.store(calls(100, `stored-${count}`));
      const statement = await started(count);
      time += 1000;
      statement.end();
      await stored;
    }
    const running = queue.store([call('running')]);
    const last = await started(4);
    const waiting = queue.store(calls(150, 'waiting'));
    await expect(queue.store([call('later')])).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 2 });
    const neighbour = queue.store([call('neighbour', 'globex')]);
    last.end();
    (await started(5)).end();
    await Promise.all([running, waiting, neighbour]);
  });

  it('gives up calls that have waited too long behind a statement that does not end', async () => {
    const { store, statements, started } = heldStore();
    let time = 0;
    const queue = new RecordingQueue(store, limits, () => time);
    const running = queue.store([call('running')]);
    const stuck = await started(1);
    const waiting = queue.store([call('waiting')]);
    time = limits.maxWaitMs;
    queue.giveUp();
    await expect(waiting).rejects.toThrow(OverloadedError);
    const later = queue.store([call('later')]);
    stuck.end();
    (await started(2)).end();
    await Promise.all([running, later]);
    expect(statements.map((statement) => statement.calls.map(({ requestId }) => requestId))).toEqual([
      ['running'],
      ['later'],
    ]);
  });
});
