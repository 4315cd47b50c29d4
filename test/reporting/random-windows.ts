import * as fc from 'fast-check';
import { changesOf, dayMs, firstInstantAt, hourMs, minuteMs, zones, type TimedBucket } from './intl-clock.ts';

export const timedBuckets = ['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH'] as const satisfies readonly TimedBucket[];

/** About the length of a bucket. */
export const unitMs: Record<TimedBucket, number> = {
  MINUTE: minuteMs,
  HOUR: hourMs,
  DAY: dayMs,
  WEEK: 7 * dayMs,
  MONTH: 30 * dayMs,
};

const years = { min: Date.UTC(2000, 0, 1), max: Date.UTC(2031, 0, 1) - 1 };

const nearby = fc.oneof(
  fc.constantFrom(0, -1, 1, minuteMs, -minuteMs, hourMs, -hourMs),
  fc.integer({ min: -2 * dayMs, max: 2 * dayMs }),
);

/** An instant of 2000 to 2030: any at all, near a change of the zone's clock, or where a local date begins. */
export function instantIn(zone: string): fc.Arbitrary<number> {
  const changes = changesOf(zone).filter((change) => change >= years.min && change <= years.max);
  const midnight = fc
    .integer({ min: years.min / dayMs, max: Math.floor(years.max / dayMs) })
    .map((day) => firstInstantAt(day * dayMs, zone) ?? years.min);
  const nearChange = changes.length === 0 ? [] : [fc.tuple(fc.constantFrom(...changes), nearby).map(([a, b]) => a + b)];
  return fc.oneof(fc.integer(years), midnight, ...nearChange);
}

const zone = fc.constantFrom(...zones);

export interface BucketedWindow<Unit extends TimedBucket = TimedBucket> {
  zone: string;
  bucket: Unit;
  from: number;
  to: number;
}

/** A window of up to about so many buckets, short ones as likely as long ones, in 2000 to 2030. */
export function bucketedWindow(mostBuckets: number): fc.Arbitrary<BucketedWindow>;
export function bucketedWindow<Unit extends TimedBucket>(
  mostBuckets: number,
  buckets: readonly Unit[],
): fc.Arbitrary<BucketedWindow<Unit>>;
export function bucketedWindow(mostBuckets: number, buckets: readonly TimedBucket[] = timedBuckets) {
  return fc.record({ zone, bucket: fc.constantFrom(...buckets) }).chain(({ zone, bucket }) => {
    const most = Math.min(mostBuckets * unitMs[bucket], years.max - years.min);
    const length = fc.oneof(fc.integer({ min: 1, max: unitMs[bucket] * 3 }), fc.integer({ min: 1, max: most }));
    return fc
      .tuple(instantIn(zone), length)
      .map(([from, length]) => ({ zone, bucket, from, to: Math.min(from + length, years.max + 1) }))
      .filter(({ from, to }) => from < to);
  });
}
