import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../src/values/errors.ts';
import { bucketBorders, maxBuckets } from '../../src/reporting/calendar/bucket-borders.ts';
import { type TimedBucket, zones } from './intl-clock.ts';
import { runs } from './property-options.ts';
import { instantIn, unitMs, type BucketedWindow } from './random-windows.ts';

/** The number of buckets, or of those that were refused, as the message gives it. */
function countOf({ from, to, bucket, zone }: BucketedWindow): { built: number } | { refused: number } {
  try {
    return { built: bucketBorders(new Date(from), new Date(to), bucket, zone).length - 1 };
  } catch (error) {
    if (!(error instanceof ValidationError) || error.field !== 'bucket') throw error;
    const [, count] = /^The window has (\d+) [A-Z]+ buckets; a report has at most 10000\./.exec(error.message) ?? [];
    return { refused: Number(count) };
  }
}

/** Built step by step, each one continuing where the one before ended. */
function countInSteps({ from, to, bucket, zone }: BucketedWindow): number {
  let count = 0;
  for (let at = from; at < to;) {
    const end = Math.min(at + 5000 * unitMs[bucket], to);
    const borders = bucketBorders(new Date(at), new Date(end), bucket, zone);
    count += borders.length - 1;
    at = Number(borders.at(-1));
  }
  return count;
}

/** Windows of about 10,000 buckets in 2000 to 2031. */
const longWindow = fc
  .record({ bucket: fc.constantFrom<TimedBucket>('MINUTE', 'HOUR', 'DAY'), zone: fc.constantFrom(...zones) })
  .chain(({ bucket, zone }) => {
    const around = maxBuckets * unitMs[bucket];
    const length = fc.oneof(
      fc.integer({ min: -3 * unitMs[bucket], max: 3 * unitMs[bucket] }).map((more) => around + more),
      fc.integer({ min: around, max: Math.floor(1.1 * around) }),
    );
    const from =
      bucket === 'DAY' ? fc.integer({ min: Date.UTC(1999, 6, 1), max: Date.UTC(2001, 6, 1) }) : instantIn(zone);
    return fc.tuple(from, length).map(([from, length]): BucketedWindow => ({ bucket, zone, from, to: from + length }));
  });

describe('a window of more than 10,000 buckets', () => {
  it('is refused with the number that it would have been, and one of 10,000 is not', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(longWindow, (window) => {
        const count = countInSteps(window);
        expect(countOf(window)).toEqual(count > maxBuckets ? { refused: count } : { built: count });
      }),
      runs(40),
    );
  });

  it.each<[TimedBucket, string, string, number]>([
    ['MINUTE', '2026-01-01T00:00:00Z', '2026-01-07T22:40:00.001Z', 10_001],
    ['WEEK', '0001-01-01T00:00:00Z', '0201-01-01T00:00:00Z', 10_436],
    ['MONTH', '0001-01-01T00:00:00Z', '1001-01-01T00:00:00Z', 12_000],
    ['DAY', '0001-01-01T00:00:00Z', '9999-12-31T00:00:00Z', 3_652_058],
  ])('in %ss from %s to %s is one of %d', (bucket, from, to, refused) => {
    expect(countOf({ bucket, zone: 'UTC', from: Date.parse(from), to: Date.parse(to) })).toEqual({ refused });
  });

  it('does not count a day that the zone skipped', () => {
    // 10,001 dates, without 30 December 2011.
    const window = { bucket: 'DAY', zone: 'Pacific/Apia', to: Date.parse('2020-01-01T00:00+14:00') } as const;
    const from = Date.parse('1992-08-14T00:00-11:00');
    expect(countOf({ ...window, from })).toEqual({ built: 10_000 });
  });
});
