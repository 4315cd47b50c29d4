import { connect } from 'node:net';
import type { Pool, PoolClient } from 'pg';
import { requestSignal } from './work.ts';

const rollback = /^rollback\b/i;

/**
 * Ends what is done for requests that nobody waits for any more: a statement that runs is cancelled in the database, no
 * further one is sent but the rollback, and a connection that comes free for such a request goes back to the pool. Where
 * statements cannot be cancelled, the one that runs is let run out.
 */
export function endUnawaited(pool: Pool, { canCancel }: { canCancel: boolean }): void {
  const cancelled = new WeakSet<PoolClient>();
  const connectToPool: () => Promise<PoolClient> = pool.connect.bind(pool);
  Object.assign(pool, {
    async connect(): Promise<PoolClient> {
      requestSignal()?.throwIfAborted();
      for (;;) {
        const client = await connectToPool();
        // The cancel request may still be on its way, and must not end somebody else's statement.
        if (cancelled.has(client)) {
          client.release(true);
          continue;
        }
        if (requestSignal()?.aborted) client.release();
        requestSignal()?.throwIfAborted();
        return client;
      }
    },
  });
  pool.on('connect', (client) => {
    const own = Object.getOwnPropertyDescriptor(client, 'query')?.value;
    const { prototype } = client.constructor;
    const send = (args: unknown[]): unknown => Reflect.apply(own ?? prototype.query, client, args);
    Object.assign(client, {
      query(...args: unknown[]): unknown {
        const signal = requestSignal();
        if (!signal) return send(args);
        if (signal.aborted && !(typeof args[0] === 'string' && rollback.test(args[0])))
          return Promise.reject(signal.reason);
        const answer = send(args);
        if (!(answer instanceof Promise) || !canCancel || signal.aborted) return answer;
        const cancel = () => {
          cancelled.add(client);
          void cancelStatement(client);
        };
        signal.addEventListener('abort', cancel, { once: true });
        return answer
          .catch((error: unknown) => {
            throw signal.aborted ? signal.reason : error;
          })
          .finally(() => signal.removeEventListener('abort', cancel));
      },
    });
  });
}

/** The number that stands for a cancel request where the protocol has its version. */
const cancelRequest = 80_877_102;
const patienceMs = 5_000;

/** What the driver knows of its connection and does not declare. */
interface Connected {
  processID: number;
  secretKey: number;
  host: string;
  port: number;
  connection: { stream: { remoteAddress?: string; remotePort?: number } };
}

/**
 * Asks the server, on a connection of its own, to cancel what runs on a connection, which is closed then. Through a pooler
 * this works as well, which `pg_cancel_backend` does not.
 */
async function cancelStatement(client: PoolClient): Promise<void> {
  const { processID, secretKey, host, port, connection } = client as PoolClient & Connected;
  const { remoteAddress, remotePort } = connection.stream;
  const message = Buffer.alloc(16);
  for (const [index, value] of [message.length, cancelRequest, processID, secretKey].entries())
    message.writeInt32BE(value, index * 4);
  const { promise: done, resolve } = Promise.withResolvers<void>();
  // The very server that the connection is with, of several of the same name.
  const socket =
    remoteAddress === undefined || remotePort === undefined
      ? connect(`${host}/.s.PGSQL.${port}`)
      : connect(remotePort, remoteAddress);
  // The server closes it once it has passed the request on. PgBouncer 1.18 crashes where the client closes it before.
  socket.once('close', resolve).on('error', () => resolve());
  socket.setTimeout(patienceMs, () => socket.destroy());
  socket.resume().write(message);
  await done;
  await client.end().catch(() => {});
}
