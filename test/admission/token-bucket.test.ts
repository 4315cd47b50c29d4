import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../src/admission/token-bucket.ts';

describe('a token bucket', () => {
  it('lets a burst through at once, and its rate from then on', () => {
    const bucket = new TokenBucket({ perSecond: 2, burst: 20 }, 0);
    expect(bucket.waitFor(20, 0)).toBe(0);
    bucket.take(20);
    expect(bucket.waitFor(1, 0)).toBe(500);
    expect(bucket.waitFor(1, 499)).toBe(1);
    expect(bucket.waitFor(1, 500)).toBe(0);
    bucket.take(1);
    expect(bucket.waitFor(4, 1500)).toBe(1000);
  });

  it('never holds more than its burst, however long nothing is taken', () => {
    const bucket = new TokenBucket({ perSecond: 2, burst: 20 }, 0);
    expect(bucket.waitFor(20, 1_000_000)).toBe(0);
    bucket.take(20);
    expect(bucket.waitFor(1, 1_000_000)).toBe(500);
  });

  it('lets more than its burst pass when it is full, and has it paid back', () => {
    const bucket = new TokenBucket({ perSecond: 2, burst: 20 }, 0);
    expect(bucket.waitFor(30, 0)).toBe(0);
    bucket.take(30);
    expect(bucket.waitFor(1, 0)).toBe(5500);
  });

  it('that is changed has filled at the old rate until then, and gets no new burst', () => {
    const bucket = new TokenBucket({ perSecond: 1, burst: 10 }, 0);
    bucket.take(10);
    bucket.change({ perSecond: 100, burst: 1000 }, 2000);
    expect(bucket.waitFor(2, 2000)).toBe(0);
    expect(bucket.waitFor(3, 2000)).toBe(10);
    expect(bucket.waitFor(1000, 11_980)).toBe(0);
  });

  it('that is changed keeps no more than its new burst, and what it owes', () => {
    const full = new TokenBucket({ perSecond: 100, burst: 1000 }, 0);
    full.change({ perSecond: 1, burst: 10 }, 0);
    full.take(10);
    expect(full.waitFor(1, 0)).toBe(1000);
    const owing = new TokenBucket({ perSecond: 1, burst: 10 }, 0);
    owing.take(20);
    owing.change({ perSecond: 2, burst: 20 }, 0);
    expect(owing.waitFor(2, 0)).toBe(6000);
  });

  it('takes no harm from a clock that goes back', () => {
    const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, 1000);
    bucket.take(1);
    expect(bucket.waitFor(1, 0)).toBe(1000);
    expect(bucket.waitFor(1, 2000)).toBe(0);
  });
});
