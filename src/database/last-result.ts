import type { ClientBase } from 'pg';

/** What a message of several statements answers: the driver gives a result for each, and the query builder takes one. */
const last = (answer: unknown): unknown => (Array.isArray(answer) ? answer.at(-1) : answer);

/** Has a connection answer a message of several statements with the result of the last one. */
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
