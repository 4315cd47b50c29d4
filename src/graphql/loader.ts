import { hash } from 'node:crypto';
import DataLoader from 'dataloader';

const longestKey = 200;

/** A key of bounded length: filters may have thousands of values, and keys are kept as long as the request lasts. */
const bounded = (key: string) => (key.length > longestKey ? hash('sha256', key) : key);

/**
 * A loader that lives for one request. Keys are compared by `cacheKey`, so equal ones are loaded once, and everything that a
 * request loads in the same turn of the event loop becomes one call of `load`.
 */
export function batchLoader<K, V>(
  load: (keys: readonly K[]) => Promise<readonly (V | Error)[]>,
  cacheKey: (key: K) => string,
): DataLoader<K, V, string> {
  return new DataLoader<K, V, string>(load, {
    cacheKeyFn: (key) => bounded(cacheKey(key)),
    // A full turn of the event loop gathers fields whose parents were resolved by different loaders.
    batchScheduleFn: (dispatch) => setImmediate(dispatch),
  });
}

/** Puts rows into the order of the keys; a key without a row gets `missing(key)`. */
export function inOrder<K, R, V>(
  keys: readonly K[],
  rows: Iterable<R>,
  { keyOf, rowKey, missing }: { keyOf: (key: K) => string; rowKey: (row: R) => string; missing: (key: K) => V },
): (R | V)[] {
  const byKey = new Map<string, R>();
  for (const row of rows) byKey.set(rowKey(row), row);
  return keys.map((key) => byKey.get(keyOf(key)) ?? missing(key));
}
