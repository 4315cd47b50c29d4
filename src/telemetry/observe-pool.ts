import type { ClientBase, Pool } from 'pg';
import { currentRequest } from './request-record.ts';
import { signals } from './signals.ts';
import { startSpan } from './tracing.ts';
import { withoutValues } from './without-values.ts';

const pools = new Set<Pool>();

/** Connections of all pools, and how many wait for one. */
export function poolUse(): { inUse: number; idle: number; waiting: number } {
  const use = { inUse: 0, idle: 0, waiting: 0 };
  for (const { totalCount, idleCount, waitingCount } of pools) {
    use.inUse += totalCount - idleCount;
    use.idle += idleCount;
    use.waiting += waitingCount;
  }
  return use;
}

/** Counts the connections of a pool until it ends, and tells of each statement on them. */
export function observePool(pool: Pool): void {
  pools.add(pool);
  const end: () => Promise<void> = pool.end.bind(pool);
  Object.assign(pool, {
    async end(): Promise<void> {
      pools.delete(pool);
      return end();
    },
  });
  pool.on('connect', observeStatements);
}

function observeStatements(client: ClientBase): void {
  const own = Object.getOwnPropertyDescriptor(client, 'query')?.value;
  const { prototype } = client.constructor;
  Object.assign(client, {
    query(...args: unknown[]): unknown {
      const span = startSpan('statement', attributesOf(args[0]), 'client');
      const startedMs = performance.now();
      const answer: unknown = Reflect.apply(own ?? prototype.query, client, args);
      // Only promises are waited for by the query builder; the driver's own statements have a callback.
      if (!(answer instanceof Promise)) {
        span?.end();
        return answer;
      }
      const tell = (failed: boolean) => {
        span?.end({ failed });
        signals.statement.emit({ ms: performance.now() - startedMs, failed });
      };
      answer.then(
        (result) => {
          countRows(result);
          tell(false);
        },
        () => tell(true),
      );
      return answer;
    },
  });
}

function attributesOf(statement: unknown) {
  const text = typeof statement === 'string' ? statement : textOf(statement);
  return {
    'db.system.name': 'postgresql',
    // Written down only where it is traced.
    get 'db.query.text'() {
      return withoutValues(text);
    },
  };
}

const textOf = (statement: unknown): string =>
  typeof statement === 'object' && statement !== null && 'text' in statement && typeof statement.text === 'string'
    ? statement.text
    : '';

function countRows(result: unknown): void {
  const request = currentRequest();
  if (!request) return;
  for (const one of [result].flat())
    if (typeof one === 'object' && one !== null && 'rowCount' in one && typeof one.rowCount === 'number')
      request.rows += one.rowCount;
}
