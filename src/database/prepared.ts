import { hash } from 'node:crypto';
import type { ClientBase } from 'pg';

/**
 * Written at the beginning of a statement that runs again and again with the same text: the server parses and plans it
 * once a connection. Not for those whose plan depends on their parameters.
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

/** Lets a connection of the pool prepare statements that are marked so; the query builder has no way to ask for it. */
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
