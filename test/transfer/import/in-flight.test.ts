import { describe, expect, it } from 'vitest';
import { InFlight } from '../../../src/transfer/import/in-flight.ts';

/** Steps that end when they are told to. */
function steps(most: number) {
  const inFlight = new InFlight(most);
  const running: string[] = [];
  const handedOn: string[] = [];
  const ends = new Map<string, { resolve: (name: string) => void; reject: (error: Error) => void }>();
  const start = async (name: string, ...keys: string[]) => {
    await inFlight.room(new Set(keys));
    inFlight.start(
      new Set(keys),
      () => {
        running.push(name);
        const { promise, ...end } = Promise.withResolvers<string>();
        ends.set(name, end);
        return promise;
      },
      async (result) => void handedOn.push(result),
    );
  };
  const end = async (name: string) => {
    ends.get(name)?.resolve(name);
    await new Promise(setImmediate);
  };
  return { inFlight, start, running, handedOn, end, fail: (name: string) => ends.get(name)?.reject(new Error(name)) };
}

describe('steps in flight', () => {
  it('run so many at a time, and are handed on in the order in which they started', async () => {
    const { inFlight, start, running, handedOn, end } = steps(2);
    await start('a');
    await start('b');
    const third = start('c');
    await end('b');
    expect(running).toEqual(['a', 'b']);
    expect(handedOn).toEqual([]);
    await end('a');
    await third;
    expect(handedOn).toEqual(['a', 'b']);
    expect(running).toEqual(['a', 'b', 'c']);
    await end('c');
    await inFlight.finish();
    expect(handedOn).toEqual(['a', 'b', 'c']);
  });

  it('wait for those with a key in common', async () => {
    const { start, running, end } = steps(3);
    await start('a', 'x', 'y');
    await start('b', 'z');
    const third = start('c', 'y');
    await end('b');
    expect(running).toEqual(['a', 'b']);
    await end('a');
    await third;
    expect(running).toEqual(['a', 'b', 'c']);
  });

  it('hand nothing on after a failure, which is thrown to whoever waits', async () => {
    const { inFlight, start, handedOn, end, fail } = steps(2);
    await start('a');
    await start('b');
    fail('a');
    await end('b');
    await expect(start('c')).rejects.toThrow('a');
    await expect(inFlight.finish()).rejects.toThrow('a');
    await inFlight.settle();
    expect(handedOn).toEqual([]);
  });
});
