import { describe, expect, it } from 'vitest';
import { ReportGate } from '../../src/admission/report-gate.ts';
import { OverloadedError } from '../../src/values/errors.ts';

const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));

function gate(limits: Partial<ConstructorParameters<typeof ReportGate>[0]> = {}) {
  const made = new ReportGate({ maxRunning: 3, maxRunningEach: 2, maxWaitingEach: 4, maxWaitMs: 60_000, ...limits });
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (lane: string, name: string) =>
    made.run(lane, async () => {
      began.push(name);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.set(name, resolve);
      await promise;
      return name;
    });
  const end = async (name: string) => {
    ends.get(name)?.();
    await turnOfTheLoop();
  };
  return { made, began, ask, end };
}

describe('the gate of reports', () => {
  it('lets as many of one tenant in as its share, and others past it', async () => {
    const { began, ask, end, made } = gate();
    const reports = ['a1', 'a2', 'a3', 'a4'].map((name) => ask('a', name));
    reports.push(ask('b', 'b1'));
    await turnOfTheLoop();
    expect(began).toEqual(['a1', 'a2', 'b1']);
    expect(made.load).toEqual({ running: 3, waiting: 2 });
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1']) await end(name);
    expect(await Promise.all(reports)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
    expect(made.load).toEqual({ running: 0, waiting: 0 });
  });

  it('gives tenants that wait their turns, however many one of them asks for', async () => {
    const { began, ask, end } = gate({ maxRunning: 1, maxRunningEach: 1 });
    const reports = [ask('a', 'a1'), ask('a', 'a2'), ask('a', 'a3'), ask('b', 'b1'), ask('c', 'c1'), ask('b', 'b2')];
    await turnOfTheLoop();
    for (let at = 0; at < reports.length; at++) await end(began[at] ?? '');
    await Promise.all(reports);
    expect(began).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
  });

  it('refuses what a tenant asks for beyond its places, and nobody else', async () => {
    const { ask, end, began } = gate({ maxRunning: 1, maxRunningEach: 1 });
    const reports = Array.from({ length: 5 }, (_, no) => ask('a', `a${no}`));
    await expect(ask('a', 'one too many')).rejects.toThrow(OverloadedError);
    reports.push(ask('b', 'b1'));
    await turnOfTheLoop();
    for (let at = 0; at < reports.length; at++) await end(began[at] ?? '');
    expect(await Promise.all(reports)).toHaveLength(6);
  });

  it('refuses what has waited too long, without having read it', async () => {
    const { ask, end, began } = gate({ maxRunning: 1, maxRunningEach: 1, maxWaitMs: 10 });
    const first = ask('a', 'a1');
    await expect(ask('b', 'b1')).rejects.toThrow('The report has waited for 0.01 seconds for its turn. Try again.');
    await end('a1');
    expect(await first).toBe('a1');
    expect(began).toEqual(['a1']);
  });

  it('goes on after a report that failed', async () => {
    const { ask, end, made } = gate({ maxRunning: 1, maxRunningEach: 1 });
    const failing = made.run('a', () => Promise.reject(new Error('lost')));
    const next = ask('a', 'a1');
    await expect(failing).rejects.toThrow('lost');
    await turnOfTheLoop();
    await end('a1');
    expect(await next).toBe('a1');
  });
});
