import { ValidationError } from '../values/errors.ts';

const maxBytes = 8 * 1024;
const maxDepth = 100;

/** Returns a JSON object that a caller attached. @throws {ValidationError} when the ledger cannot store it. */
export function jsonObject(value: Record<string, unknown>, field: string): Record<string, unknown> {
  // Writing JSON is recursive: deep nesting would overflow the stack.
  if (isDeeper(value, maxDepth))
    throw new ValidationError(`'${field}' must not nest deeper than ${maxDepth} levels`, field);
  const json = canonicalJson(value);
  if (Buffer.byteLength(json) > maxBytes)
    throw new ValidationError(`'${field}' must be at most ${maxBytes} bytes of JSON`, field);
  // JSON.stringify escapes both, and PostgreSQL's jsonb can store neither.
  if (/(?<!\\)(\\\\)*\\u(0000|d[89a-f])/i.test(json))
    throw new ValidationError(`'${field}' must not contain NUL characters or lone surrogates`, field);
  return value;
}

function isDeeper(value: object, levels: number): boolean {
  let inside: object[] = [value];
  for (let level = 0; level < levels; level++)
    inside = inside.flatMap((value) =>
      Object.values(value).filter((child) => child !== null && typeof child === 'object'),
    );
  return inside.length > 0;
}

/** JSON with sorted keys: the same for equal objects, whatever the order of their keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) =>
    child !== null && typeof child === 'object' && !Array.isArray(child)
      ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1)))
      : child,
  );
}
