import { describe, expect, it } from 'vitest';
import { Gate } from '../../src/admission/gate.ts';
import { OverloadedError } from '../../src/values/errors.ts';

const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));

function gate(limits: Partial<ConstructorParameters<typeof Gate>[0]> = {}, now?: () => number) {
  const made = new Gate(
    {
      what: 'reports',
      maxInside: 3,
      maxInsideEach: 2,
      maxWaitingEach: 4,
      maxWaitMs: 60_000,
      companyMs: 60_000,
      ...limits,
    },
    now,
  );
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

describe('the gate', () => {
  it('lets as many of one tenant in as its share, and others past it', async () => {
    const { began, ask, end, made } = gate();
    const reports = [ask('b', 'b1'), ...['a1', 'a2', 'a3', 'a4'].map((name) => ask('a', name))];
    await turnOfTheLoop();
    expect(began).toEqual(['b1', 'a1', 'a2']);
    expect(made.load).toEqual({ inside: 3, waiting: 2 });
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1']) await end(name);
    expect(await Promise.all(reports)).toEqual(['b1', 'a1', 'a2', 'a3', 'a4']);
    expect(made.load).toEqual({ inside: 0, waiting: 0 });
  });

  it('gives tenants that wait their turns, however many one of them asks for', async () => {
    const { began, ask, end } = gate({ maxInside: 1, maxInsideEach: 1 });
    const reports = [ask('a', 'a1'), ask('a', 'a2'), ask('a', 'a3'), ask('b', 'b1'), ask('c', 'c1'), ask('b', 'b2')];
    await turnOfTheLoop();
    for (let at = 0; at < reports.length; at++) await end(began[at] ?? '');
    await Promise.all(reports);
    expect(began).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2']);
  });

  it('refuses what a tenant asks for beyond its places, and nobody else', async () => {
    const { ask, end, began } = gate({ maxInside: 1, maxInsideEach: 1 });
    const reports = Array.from({ length: 5 }, (_, no) => ask('a', `a${no}`));
    await expect(ask('a', 'one too many')).rejects.toThrow(OverloadedError);
    reports.push(ask('b', 'b1'));
    await turnOfTheLoop();
    for (let at = 0; at < reports.length; at++) await end(began[at] ?? '');
    expect(await Promise.all(reports)).toHaveLength(6);
  });

  it('refuses what has waited too long, without having read it', async () => {
    const { ask, end, began } = gate({ maxInside: 1, maxInsideEach: 1, maxWaitMs: 10 });
    const first = ask('a', 'a1');
    await expect(ask('b', 'b1')).rejects.toThrow('reports wait for 0.01 seconds at most. Try again.');
    await end('a1');
    expect(await first).toBe('a1');
    expect(began).toEqual(['a1']);
  });

  it('refuses at once what would wait too long by the pace of late, until nobody waits', async () => {
    let ms = 0;
    const limits = { maxInside: 1, maxInsideEach: 1, maxWaitingEach: 100, maxWaitMs: 1_000 };
    const { ask, end, began, made } = gate(limits, () => ms);
    const reports = Array.from({ length: 60 }, (_, no) => ask('a', `a${no}`));
    await turnOfTheLoop();
    // One leaves each 40 ms, and 38 wait.
    for (let no = 0; no < 21; no++) {
      ms += 40;
      await end(`a${no}`);
    }
    expect(made.expectedWait('a')).toBeCloseTo(39 * 40);
    await expect(ask('a', 'one more')).rejects.toMatchObject({
      message: 'reports would wait 1560 ms for their turn now, more than 1000. Try again later.',
      retryAfterSeconds: 2,
    });
    // Another tenant has its turn after one of the first.
    expect(made.expectedWait('b')).toBeCloseTo(2 * 40);
    reports.push(ask('b', 'b1'));
    for (let at = 21; at < 61; at++) await end(began[at] ?? '');
    await Promise.all(reports);
    expect(made.expectedWait('a')).toBe(0);
  });

  it('goes on after a report that failed', async () => {
    const { ask, end, made } = gate({ maxInside: 1, maxInsideEach: 1 });
    const failing = made.run('a', () => Promise.reject(new Error('lost')));
    const next = ask('a', 'a1');
    await expect(failing).rejects.toThrow('lost');
    await turnOfTheLoop();
    await end('a1');
    expect(await next).toBe('a1');
  });

  it('is open as a whole to a lane that comes alone, and shared once another one comes', async () => {
    const { began, ask, end } = gate();
    const reports = ['a1', 'a2', 'a3', 'a4'].map((name) => ask('a', name));
    await turnOfTheLoop();
    expect(began).toEqual(['a1', 'a2', 'a3']);
    reports.push(ask('b', 'b1'));
    await end('a1');
    expect(began).toEqual(['a1', 'a2', 'a3', 'b1']);
    for (const name of ['a2', 'a3', 'a4', 'b1']) await end(name);
    await Promise.all(reports);
  });
});
