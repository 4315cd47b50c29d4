import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { BackgroundRunner, type RunnerParts } from '../../src/background/background-runner.ts';
import type { Step } from '../../src/background/running-task.ts';
import type { Next, Task } from '../../src/background/task.ts';

const start = new Date('2026-05-01T12:00:00Z');
const at = (seconds: number) => new Date(start.getTime() + seconds * 1000);
const rest: Next = { restMs: 1000 };

/** A task whose steps end when the test says so, and whose pauses do likewise. */
function heldTask(name: string) {
  const steps: { signal: AbortSignal; end: (next: Next) => void; fail: (error: unknown) => void }[] = [];
  const task: Task = {
    name,
    whileFailing: 'the test goes on',
    failurePauseMs: { first: 5_000, longest: 60_000 },
    step: (signal) => new Promise((resolve, reject) => steps.push({ signal, end: resolve, fail: reject })),
  };
  const step = async (count: number) => {
    while (steps.length < count) await new Promise(setImmediate);
    const step = steps[count - 1];
    if (!step) throw new Error('It has begun.');
    return step;
  };
  return { task, steps, step };
}

/** A runner on a clock that the test sets, with pauses that are noted and over at once. */
function quickRunner(tasks: readonly Task[], parts: Partial<RunnerParts> = {}) {
  const pauses: number[] = [];
  const lines: Record<string, unknown>[] = [];
  const time = { now: start };
  const runner = new BackgroundRunner(tasks, {
    clock: () => time.now,
    log: pino({}, { write: (line) => void lines.push(JSON.parse(line)) }),
    pause: async (ms) => void pauses.push(ms),
    ...parts,
  });
  return { runner, pauses, lines, time };
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

describe('the background runner', () => {
  it('begins with the start, takes the next step at once or after the pause that a step asks for', async () => {
    const { task, steps, step } = heldTask('fold');
    const { runner, pauses } = quickRunner([task]);
    await turns(3);
    expect(steps).toHaveLength(0);
    runner.start();
    runner.start();
    (await step(1)).end('again');
    (await step(2)).end({ restMs: 300 });
    await step(3);
    expect(pauses).toEqual([300]);
    expect(steps).toHaveLength(3);
  });

  it('stops the last task first, each when the running step of the one after it has ended', async () => {
    const [one, two] = [heldTask('one'), heldTask('two')];
    const { runner } = quickRunner([one.task, two.task]);
    runner.start();
    const ended: string[] = [];
    const stopped = runner.stop().then(() => ended.push('stopped'));
    await turns(3);
    expect([one.steps, two.steps].map(([step]) => step?.signal.aborted)).toEqual([false, true]);
    expect(ended).toEqual([]);

    (await two.step(1)).end('again');
    await turns(3);
    expect(one.steps[0]?.signal.aborted).toBe(true);
    expect(ended).toEqual([]);
    (await one.step(1)).end('again');
    await stopped;
    expect([one.steps.length, two.steps.length]).toEqual([1, 1]);
  });

  it('is stopped twice, or before its start, without a further step', async () => {
    const { task, steps, step } = heldTask('fold');
    const { runner } = quickRunner([task]);
    runner.start();
    (await step(1)).end(rest);
    await step(2);
    const stopping = [runner.stop(), runner.stop()];
    (await step(2)).end('again');
    await Promise.all(stopping);
    runner.start();
    await turns(3);
    expect(steps).toHaveLength(2);

    const never = heldTask('never');
    const unstarted = quickRunner([never.task]).runner;
    await unstarted.stop();
    unstarted.start();
    await turns(3);
    expect(never.steps).toHaveLength(0);
  });

  it('does not wait for the end of a pause when it is stopped', async () => {
    const { task, step } = heldTask('fold');
    const runner = new BackgroundRunner([task], { clock: () => start, log: pino({ level: 'silent' }) });
    runner.start();
    (await step(1)).end({ restMs: 2 ** 31 - 1 });
    await turns(1);
    await expect(runner.stop()).resolves.toBeUndefined();
  });

  it('pauses longer with each failure, up to a limit, and begins again after a success', async () => {
    const { task, step } = heldTask('fold');
    const { runner, pauses } = quickRunner([task]);
    runner.start();
    for (let no = 1; no <= 6; no++) (await step(no)).fail(new Error('no'));
    (await step(7)).end(rest);
    (await step(8)).fail(new Error('no'));
    await step(9);
    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 1_000, 5_000]);
  });

  it('logs failures with what holds meanwhile, and the success after them', async () => {
    const { task, step } = heldTask('fold');
    const { runner, lines } = quickRunner([task]);
    runner.start();
    (await step(1)).end(rest);
    (await step(2)).fail(new Error('no room'));
    (await step(3)).fail(new Error('no time'));
    (await step(4)).end(rest);
    await step(5);
    const msg = "the task 'fold' failed and will be tried again; meanwhile the test goes on";
    expect(lines).toMatchObject([
      { level: 40, task: 'fold', failures: 1, msg, err: { message: 'no room' } },
      { level: 40, task: 'fold', failures: 2, msg, err: { message: 'no time' } },
      { level: 30, task: 'fold', msg: "the task 'fold' succeeds again" },
    ]);
  });

  it('goes on with a task while another one fails, and while a third never ends its step', async () => {
    const [stuck, failing, working] = [heldTask('stuck'), heldTask('failing'), heldTask('working')];
    const throwing: Task = {
      ...failing.task,
      step: () => {
        throw new Error('at once');
      },
    };
    // The pause of the throwing task does not end.
    const pause = (ms: number) => (ms === rest.restMs ? Promise.resolve() : new Promise(() => {}));
    const { runner } = quickRunner([stuck.task, throwing, working.task], { pause });
    runner.start();
    for (let no = 1; no <= 3; no++) (await working.step(no)).end(no === 2 ? rest : 'again');
    await working.step(4);
    expect(runner.health().map((task) => task.consecutiveFailures)).toEqual([0, 1, 0]);
  });

  it('tells how each task does', async () => {
    const [fold, idle] = [heldTask('fold'), heldTask('idle')];
    let endPause = () => {};
    const pause = () => new Promise<void>((resolve) => (endPause = resolve));
    const { runner, time } = quickRunner([fold.task, idle.task], { pause });
    const untouched = { runningSince: null, lastSuccessAt: null, lastFailure: null, consecutiveFailures: 0 };
    expect(runner.health()).toEqual([
      { name: 'fold', ...untouched },
      { name: 'idle', ...untouched },
    ]);
    runner.start();
    time.now = at(1);
    (await fold.step(1)).end('again');
    await fold.step(2);
    expect(runner.health()).toEqual([
      { ...untouched, name: 'fold', runningSince: at(1), lastSuccessAt: at(1) },
      { ...untouched, name: 'idle', runningSince: at(0) },
    ]);

    time.now = at(2);
    (await fold.step(2)).fail(new Error('no room'));
    await turns(3);
    const failed = { lastFailure: { at: at(2), message: 'no room' }, consecutiveFailures: 1 };
    expect(runner.health()[0]).toEqual({ ...untouched, name: 'fold', lastSuccessAt: at(1), ...failed });
    endPause();
    (await fold.step(3)).fail('a thing that is no error');
    await turns(3);
    expect(runner.health()[0]).toMatchObject({ lastFailure: { message: 'a thing that is no error' } });
    expect(runner.health()[0]).toMatchObject({ consecutiveFailures: 2 });
    endPause();
    time.now = at(3);
    (await fold.step(4)).end(rest);
    await turns(3);
    expect(runner.health()[0]).toMatchObject({ lastSuccessAt: at(3), consecutiveFailures: 0 });
    expect(runner.health()[0]?.lastFailure?.at).toEqual(at(2));
  });

  it('tells its hook of every step, and goes on when the hook fails', async () => {
    const told: Step[] = [];
    const { task, step } = heldTask('fold');
    const { runner, lines } = quickRunner([task], {
      onStep(step) {
        told.push(step);
        throw new Error('no metrics');
      },
    });
    runner.start();
    (await step(1)).end('again');
    (await step(2)).fail(new Error('no room'));
    (await step(3)).end(rest);
    await step(4);
    const durationMs = expect.any(Number);
    expect(told).toEqual([
      { task: 'fold', durationMs, outcome: 'again' },
      { task: 'fold', durationMs, outcome: 'failed' },
      { task: 'fold', durationMs, outcome: 'rest' },
    ]);
    expect(lines.filter(({ level }) => level === 50)).toHaveLength(3);
    expect(runner.health()[0]?.consecutiveFailures).toBe(0);
  });

  it('takes a step that ends early because it was told to for no failure, and any other error for one', async () => {
    const waiting = heldTask('waiting');
    const { runner, lines } = quickRunner([waiting.task]);
    runner.start();
    const { signal, fail } = await waiting.step(1);
    const stopped = runner.stop();
    fail(signal.reason);
    await stopped;
    expect(lines).toEqual([]);
    expect(runner.health()[0]?.lastFailure).toBeNull();

    const failing = heldTask('failing');
    const other = quickRunner([failing.task]);
    other.runner.start();
    const ending = other.runner.stop();
    (await failing.step(1)).fail(new Error('no room'));
    await ending;
    expect(other.lines).toHaveLength(1);
  });
});
