import { describe, expect, it } from 'vitest';
import { jsonObject } from '../../src/recording/json-object.ts';

/** An object of so many entries, which counts how many of them are looked at. */
function counted(entries: number, value: (index: number) => unknown) {
  let looked = 0;
  const object = Object.fromEntries(Array.from({ length: entries }, (_, index) => [`k${index}`, value(index)]));
  const proxy = new Proxy(object, {
    get(target, name) {
      looked++;
      return Reflect.get(target, name);
    },
  });
  return { object: proxy, looked: () => looked };
}

describe('metadata', () => {
  it.each([
    ['short values', () => 1],
    ['long values', () => 'x'.repeat(1000)],
    ['objects', () => ({ a: [1, 2, 3] })],
  ])('of 250,000 keys with %s is refused after looking at a few thousand', (_what, value) => {
    const { object, looked } = counted(250_000, value);
    expect(() => jsonObject(object, 'metadata')).toThrow("'metadata' must be at most 8192 bytes of JSON");
    expect(looked()).toBeLessThan(3_000);
  });

  it('of exactly 8 KiB is taken, and of one byte more refused', () => {
    const ofBytes = (bytes: number) => ({ text: 'x'.repeat(bytes - '{"text":""}'.length) });
    expect(jsonObject(ofBytes(8192), 'metadata')).toEqual(ofBytes(8192));
    expect(() => jsonObject(ofBytes(8193), 'metadata')).toThrow('8192 bytes');
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`${1000 + index}`, 1]));
    expect(jsonObject({ list: Array.from({ length: 4000 }, () => 1) }, 'metadata')).toBeDefined();
    expect(jsonObject(many, 'metadata')).toBe(many);
  });
});
