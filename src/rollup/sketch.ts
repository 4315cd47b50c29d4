/**
 * Sketches count values by logarithmic buckets, as in DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable
 * quantile sketch with relative-error guarantees", VLDB 2019): borders are 2 % apart, so that a value in the middle of
 * a bucket is within 1 % of all in it. Whole numbers up to 50 have a bucket each and are exact. The database makes them
 * (`sketch_bucket`, `sketch_entry`); entries are 6 bytes, 12 bits for the bucket and 36 for its count, and those of one
 * bucket add up wherever they stand.
 */
const ratio = 1.02;
const exactUpTo = 50;
const entryBytes = 6;
const buckets = 2 ** 12;

/** Values that 5, 50, 95 and 99 % of the values are at or below. */
export interface Percentiles {
  p5: number;
  p50: number;
  p95: number;
  p99: number;
}

const percents = [5, 50, 95, 99];
const noPercentiles: Percentiles = { p5: 0, p50: 0, p95: 0, p99: 0 };

/** Within 1 % of every value of the bucket: the harmonic mean of its smallest and its largest whole number. */
export function bucketValue(bucket: number): number {
  if (bucket <= exactUpTo) return bucket;
  const low = Math.floor(exactUpTo * ratio ** (bucket - exactUpTo - 1)) + 1;
  const high = Math.floor(exactUpTo * ratio ** (bucket - exactUpTo));
  return (2 * low * high) / (low + high);
}

/**
 * The nearest-rank 5th, 50th, 95th and 99th percentile of the values that a sketch counted, each within 1 %; zeros for
 * none. Nothing is outside of `min` and `max`, which are exact.
 */
export function percentilesOf(sketch: Buffer, min: number, max: number): Percentiles {
  const counts = new Float64Array(buckets);
  let total = 0;
  for (let at = 0; at < sketch.length; at += entryBytes) {
    // 12 bits of the bucket, 36 of the count; a whole entry read as one number takes several times as long.
    const middle = sketch[at + 1] ?? 0;
    const bucket = ((sketch[at] ?? 0) << 4) | (middle >> 4);
    const count = (middle & 15) * 2 ** 32 + sketch.readUInt32BE(at + 2);
    counts[bucket] = (counts[bucket] ?? 0) + count;
    total += count;
  }
  if (total === 0) return noPercentiles;
  const ranks = percents.map((percent) => Math.ceil((percent * total) / 100));
  const values: number[] = [];
  let below = 0;
  for (let bucket = 0; values.length < ranks.length && bucket < buckets; bucket++) {
    below += counts[bucket] ?? 0;
    while (values.length < ranks.length && below >= (ranks[values.length] ?? 0))
      values.push(Math.min(Math.max(bucketValue(bucket), min), max));
  }
  const [p5 = 0, p50 = 0, p95 = 0, p99 = 0] = values;
  return { p5, p50, p95, p99 };
}
