import type { ClientBase, QueryResult } from 'pg';

/** The driver answers a message of several statements with a result for each; the query builder takes one. */
const last = (answer: unknown): unknown =>
  Array.isArray(answer)
    ? (answer.findLast(({ command }: QueryResult) => command === 'SELECT') ?? answer.at(-1))
    : answer;

/** Has a connection answer a message of several statements with what the last SELECT among them gives. */
export function answerWithLast(client: ClientBase): void {
  const own = Object.getOwnPropertyDescriptor(client, 'query')?.value;
  const { prototype } = client.constructor;
  Object.assign(client, {
    query(...args: unknown[]): unknown {
      const answer: unknown = Reflect.apply(own ?? prototype.query, client, args);
      return answer instanceof Promise ? answer.then(last) : answer;
    },
  });
}
