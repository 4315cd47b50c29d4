import { ValidationError } from '../values/errors.ts';

const maxBytes = 8 * 1024;
const maxDepth = 100;

/** An object of JSON that a caller attached, as it is. @throws {ValidationError} when the ledger cannot hold it. */
export function jsonObject(value: Record<string, unknown>, field: string): Record<string, unknown> {
  // Writing JSON is recursive, and brackets alone would overflow the stack.
  if (isDeeper(value, maxDepth))
    throw new ValidationError(`'${field}' must not nest deeper than ${maxDepth} levels`, field);
  const json = canonicalJson(value);
  if (Buffer.byteLength(json) > maxBytes)
    throw new ValidationError(`'${field}' must be at most ${maxBytes} bytes of JSON`, field);
  // JSON.stringify escapes both; PostgreSQL's jsonb holds neither.
  if (/(?<!\\)(\\\\)*\\u(0000|d[89a-f])/i.test(json))
    throw new ValidationError(`'${field}' must not contain NUL characters or lone surrogates`, field);
  return value;
}

function isDeeper(value: object, levels: number): boolean {
  let inside: object[] = [value];
  for (let level = 0; level < levels; level++)
    inside = inside.flatMap((part) =>
      Object.values(part).filter((child) => child !== null && typeof child === 'object'),
    );
  return inside.length > 0;
}

/** JSON with sorted keys: equal for equal objects, however they were built. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
