import type { Pool, PoolClient } from 'pg';
import type { ConnectionRole } from './database-role.ts';
import { currentWork } from './work.ts';

/** The server ends a statement by itself; only where nothing comes back has the client to give up. */
const graceMs = 5_000;

/**
 * Ends connections that do not answer. A firewall or a failover lets connections die without a word: whoever waits on one
 * would wait for minutes, and new ones work meanwhile. When a statement stays unanswered, its connection is closed, which
 * fails the statement like any lost connection, and those that were last heard of before it are not used again.
 */
export function endUnanswered(pool: Pool, role: ConnectionRole): void {
  const heard = new WeakMap<PoolClient, number>();
  let lostAt = -Infinity;
  const connect: () => Promise<PoolClient> = pool.connect.bind(pool);
  Object.assign(pool, {
    async connect(): Promise<PoolClient> {
      for (;;) {
        const client = await connect();
        if ((heard.get(client) ?? Infinity) >= lostAt) return client;
        client.release(true);
      }
    },
  });
  pool.on('connect', (client) => {
    heard.set(client, performance.now());
    const own = Object.getOwnPropertyDescriptor(client, 'query')?.value;
    const { prototype } = client.constructor;
    Object.assign(client, {
      query(...args: unknown[]): unknown {
        const answer: unknown = Reflect.apply(own ?? prototype.query, client, args);
        const { limits } = role;
        const work = currentWork();
        if (!limits || work === 'long' || !(answer instanceof Promise)) return answer;
        const limitMs = work === 'recording' ? limits.recordingStatementMs : limits.statementMs + graceMs;
        const began = performance.now();
        const timer = setTimeout(() => {
          lostAt = Math.max(lostAt, began);
          // With a statement on its way this closes the socket at once.
          client.end().catch(() => {});
        }, limitMs);
        const noted = () => {
          clearTimeout(timer);
          heard.set(client, performance.now());
        };
        answer.then(noted, () => clearTimeout(timer));
        return answer;
      },
    });
  });
}
