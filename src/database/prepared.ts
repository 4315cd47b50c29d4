import { hash } from 'node:crypto';
import type { ClientBase } from 'pg';

/**
 * Marks a statement that runs often with the same text: the server parses and plans it once per connection. Not for
 * statements whose plan depends on their parameters.
 */
export const prepared = '/* prepared */';

const names = new Map<string, string>();

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `gateway_${hash('sha256', text, 'hex').slice(0, 16)}`;
    names.set(text, name);
  }
  return name;
}

/** Makes a connection prepare marked statements, which the query builder cannot ask for. */
export function prepareMarked(client: ClientBase): void {
  const { prototype } = client.constructor;
  Object.assign(client, {
    query(...args: unknown[]): unknown {
      const [text, values, ...rest] = args;
      const isMarked = typeof text === 'string' && text.startsWith(prepared);
      return Reflect.apply(prototype.query, client, isMarked ? [{ name: nameOf(text), text, values }, ...rest] : args);
    },
  });
}
