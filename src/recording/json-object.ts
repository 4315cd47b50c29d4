import { ValidationError } from '../values/errors.ts';
import { InexactNumber } from '../values/json.ts';

const maxBytes = 8 * 1024;
const maxDepth = 100;

/** Returns a JSON object that a caller attached. @throws {ValidationError} when the ledger cannot store it. */
export function jsonObject(value: Record<string, unknown>, field: string): Record<string, unknown> {
  // Before anything else is done with it: many calls may share one object, which is as large as a body.
  if (isTooLong(value)) throw tooLong(field);
  // Writing JSON is recursive: deep nesting would overflow the stack.
  if (isDeeper(value, maxDepth))
    throw new ValidationError(`'${field}' must not nest deeper than ${maxDepth} levels`, field);
  const inexact = inexactIn(value);
  if (inexact)
    throw new ValidationError(
      `'${field}' has a whole number that would not stay exact: ${inexact.source.slice(0, longestShown)}; send it as a string`,
      field,
    );
  const json = canonicalJson(value);
  if (Buffer.byteLength(json) > maxBytes) throw tooLong(field);
  // JSON.stringify escapes both, and PostgreSQL's jsonb can store neither.
  if (/(?<!\\)(\\\\)*\\u(0000|d[89a-f])/i.test(json))
    throw new ValidationError(`'${field}' must not contain NUL characters or lone surrogates`, field);
  return value;
}

const tooLong = (field: string) => new ValidationError(`'${field}' must be at most ${maxBytes} bytes of JSON`, field);

/** Objects that were found to be too long: many calls of a batch may share one, and even counting its keys takes a while. */
const known = new WeakSet<object>();

function isTooLong(value: object): boolean {
  if (!known.has(value) && isLonger(value, maxBytes)) known.add(value);
  return known.has(value);
}

/** Whether a value's JSON is certainly longer than so many bytes. It looks at no more of it than that. */
function isLonger(value: unknown, bytes: number): boolean {
  let left = bytes;
  const waiting = [value];
  while (waiting.length > 0 && left >= 0) {
    const next = waiting.pop();
    left -= typeof next === 'string' ? next.length + 2 : 1;
    if (typeof next !== 'object' || next === null) continue;
    for (const name in next) {
      if (!Array.isArray(next)) left -= name.length + 3;
      if (--left < 0) return true;
      waiting.push((next as Record<string, unknown>)[name]);
    }
  }
  return left < 0;
}

const longestShown = 50;

/** A number of a value that is not too long nor too deep that JavaScript would round. */
function inexactIn(value: unknown): InexactNumber | undefined {
  if (value instanceof InexactNumber) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const child of Object.values(value)) {
    const found = inexactIn(child);
    if (found) return found;
  }
  return undefined;
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
