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
  const query: (...args: unknown[]) => unknown = client.query.bind(client);
  Object.assign(client, {
    query: (text: unknown, values: unknown, ...rest: unknown[]) =>
      typeof text === 'string' && text.startsWith(prepared)
        ? query({ name: nameOf(text), text, values }, ...rest)
        : query(text, values, ...rest),
  });
}
