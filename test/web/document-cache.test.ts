import { describe, expect, it } from 'vitest';
import { documentCache } from '../../src/web/document-cache.ts';

const text = (index: number, length: number) => String(index).padEnd(length, ' ');

describe('the cache of documents', () => {
  it('keeps many small ones', () => {
    const cache = documentCache<{ index: number }>();
    for (let index = 0; index < 500; index++) cache.set(text(index, 1000), { index });
    expect(cache.get(text(0, 1000))).toEqual({ index: 0 });
  });

  it('keeps no large one', () => {
    const cache = documentCache<object>();
    cache.set(text(0, 1_000_000), {});
    expect(cache.get(text(0, 1_000_000))).toBeUndefined();
  });

  it('drops those that were used least when they are too many', () => {
    const cache = documentCache<object>();
    for (let index = 0; index < 1000; index++) cache.set(text(index, 40_000), {});
    expect(cache.size).toBeLessThan(30);
    expect(cache.get(text(999, 40_000))).toBeDefined();
  });
});
