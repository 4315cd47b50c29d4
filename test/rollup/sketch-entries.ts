/** What a sketch holds, entry by entry: 12 bits for the bucket and 36 for its count. */
export function entriesOf(sketch: Buffer): { bucket: number; count: number }[] {
  if (sketch.length % 6 !== 0) throw new Error(`A sketch has ${sketch.length} bytes, which is no number of entries.`);
  return Array.from({ length: sketch.length / 6 }, (_, index) => {
    const bits = BigInt(`0x${sketch.subarray(6 * index, 6 * index + 6).toString('hex')}`);
    return { bucket: Number(bits >> 36n), count: Number(bits & (2n ** 36n - 1n)) };
  });
}

/** How often each bucket was counted, whichever entries that is spread over. */
export function countOf(sketch: Buffer): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { bucket, count } of entriesOf(sketch)) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  return counts;
}
