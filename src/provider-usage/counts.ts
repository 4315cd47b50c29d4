import { findProvider, extractUsage } from '@pydantic/genai-prices';
import { ValidationError } from '../values/errors.ts';
import type { Quantities } from './dialect.ts';
import { at } from './json-path.ts';
import type { JsonObject } from '../values/json.ts';

/**
 * A count at a path.
 * @throws {ValidationError} naming the path when there is something else than a number of at least 0.
 */
export function count(usage: JsonObject, path: string): number | undefined {
  const found = at(usage, path);
  if (found === undefined) return undefined;
  if (typeof found === 'number' && Number.isFinite(found) && found >= 0) return found;
  throw new ValidationError(`'providerUsage': '${path}' must be a number of at least 0`, 'providerUsage');
}

/** The first count that is there and not 0; 0 when there is none. */
export const firstCount = (usage: JsonObject, ...paths: string[]): number =>
  paths.map((path) => count(usage, path)).find((found) => found !== undefined && found > 0) ?? 0;

/** @throws {ValidationError} naming the path when there is no count. */
export function requiredCount(usage: JsonObject, path: string): number {
  const found = count(usage, path);
  if (found === undefined) throw new ValidationError(`'providerUsage' has no '${path}'`, 'providerUsage');
  return found;
}

/**
 * What the price catalogue's own extractor reads of a usage object, by unit.
 * @throws {ValidationError} with what it misses.
 */
export function extracted(usage: JsonObject, provider: string, flavor: string): Quantities {
  const found = findProvider({ providerId: provider });
  if (!found) throw new Error(`The price catalogue has no provider ${provider}.`);
  const root = found.extractors?.find(({ api_flavor }) => api_flavor === flavor)?.root ?? 'usage';
  const path = Array.isArray(root) ? root : [root];
  let body: unknown = usage;
  for (const step of path.toReversed()) body = { [String(step)]: body };
  try {
    return withoutUndefined(extractUsage(found, body, flavor).usage);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ValidationError(`'providerUsage' cannot be read: ${message}`, 'providerUsage');
  }
}

function withoutUndefined(usage: Record<string, number | undefined>): Quantities {
  return Object.fromEntries(
    Object.entries(usage).flatMap(([unit, value]) => (value === undefined ? [] : [[unit, value]])),
  );
}
