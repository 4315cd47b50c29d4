import {
  CompiledQuery,
  type AbortableOperationOptions,
  type DatabaseConnection,
  type QueryExecutor,
  type QueryExecutorProvider,
} from 'kysely';
import { escapeLiteral } from 'pg';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { tenantRole, tenantSetting } from './database-role.ts';
import type { TenantId } from '../values/identifier.ts';
import type { Orm } from './orm.ts';
import { withRetries } from './transaction.ts';

/**
 * An entity manager whose statements see one tenant's rows, or none without a tenant. With `readOnly` they cannot write.
 */
export function forkForTenant(orm: Orm, tenantId: TenantId | undefined, { readOnly = false } = {}): SqlEntityManager {
  return orm.em.fork({
    session: {
      variables: {
        role: tenantRole,
        [tenantSetting]: tenantId ?? '',
        ...(readOnly ? writingNothing : {}),
      },
    },
  });
}

/**
 * An entity manager for the whole platform, whoever the caller is. Its user must check what the caller may do. With
 * `readOnly` its statements cannot write.
 */
export const forkForPlatform = ({ orm }: { orm: Orm }, { readOnly = false } = {}): SqlEntityManager =>
  orm.em.fork(readOnly ? { session: { variables: writingNothing } } : {});

const writingNothing = { transaction_read_only: 'on' };

/**
 * Where repositories send statements: into the entity manager's transaction or, when it has a session but no transaction,
 * into a short read-only transaction for the statement alone, so that no setting stays on the connection. Nobody waits
 * for its end. A statement that only reads is sent again when its connection is lost, outside transactions.
 */
export function inSession(em: SqlEntityManager): QueryExecutorProvider {
  const kysely = em.getKysely();
  if (em.isInTransaction()) return kysely;
  const settings = settingsOf(em);
  const executor = kysely.getExecutor();
  const send = settings === undefined ? alone(executor) : inOwnTransaction(executor, `begin read only; ${settings}`);
  return { getExecutor: () => executor.withConnectionProvider({ provideConnection: send }) };
}

type Send = <T>(use: (connection: DatabaseConnection) => Promise<T>) => Promise<T>;

const writing = /\b(insert|update|delete|merge)\b/i;

function alone(executor: QueryExecutor): Send {
  return (use) => {
    let reads = true;
    const noting = (connection: DatabaseConnection): DatabaseConnection => ({
      executeQuery<R>(query: CompiledQuery, options?: AbortableOperationOptions) {
        reads = !writing.test(query.sql);
        return connection.executeQuery<R>(query, options);
      },
      streamQuery: connection.streamQuery.bind(connection),
    });
    return withRetries(
      () => executor.provideConnection((connection) => use(noting(connection))),
      () => reads,
    );
  };
}

function inOwnTransaction(executor: QueryExecutor, begin: string): Send {
  return (use) =>
    withRetries(() =>
      thenRollBack(executor, async (connection) => {
        await connection.executeQuery(CompiledQuery.raw(begin));
        return use(connection);
      }),
    );
}

/** Resolves with what `work` gives; the rollback that follows is not waited for. */
function thenRollBack<T>(executor: QueryExecutor, work: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const inTransaction = async (connection: DatabaseConnection) => {
      try {
        resolve(await work(connection));
      } catch (error) {
        reject(error);
      } finally {
        await end(connection);
      }
    };
    executor.provideConnection(inTransaction).catch(reject);
  });
}

/**
 * Does what can be done twice, such as reading, and does it again when its connection is lost. In a transaction only the
 * whole of it could be repeated.
 */
export const repeatably = <T>(em: SqlEntityManager, work: () => Promise<T>): Promise<T> =>
  em.isInTransaction() ? work() : withRetries(work);

/**
 * Rows of a SELECT without parameters. In a session it is one message to the server with the transaction around it: who
 * asks for one small thing waits once.
 */
export async function selectRows<Row>(em: SqlEntityManager, select: string): Promise<Row[]> {
  const settings = settingsOf(em);
  const isAlone = settings === undefined || em.isInTransaction();
  const text = isAlone ? select : `begin read only; ${settings}; ${select}; rollback`;
  const { rows } = await repeatably(em, () => em.getKysely().executeQuery<Row>(CompiledQuery.raw(text)));
  return rows;
}

/**
 * Reads in one snapshot: that of the entity manager's transaction where it is in one, otherwise one of its own. `opening` is
 * a statement without parameters, whose rows `read` is given: with the begin of the transaction and the settings of the
 * session it is one message to the server. The end of the transaction is not waited for. When the connection is lost,
 * everything is read again, in another snapshot.
 *
 * A report never gains by reading a table from its beginning to its end, as everything that it reads belongs to a tenant;
 * where statistics are missing or old, the planner believes otherwise.
 */
export async function inSnapshot<Row, T>(
  em: SqlEntityManager,
  opening: string,
  read: (rows: Row[], db: QueryExecutorProvider) => Promise<T>,
): Promise<T> {
  const kysely = em.getKysely();
  if (em.isInTransaction()) {
    const { rows } = await kysely.executeQuery<Row>(CompiledQuery.raw(opening));
    return read(rows, kysely);
  }
  const executor = kysely.getExecutor();
  const begin = ['begin isolation level repeatable read read only', 'set local enable_seqscan = off'];
  const settings = settingsOf(em);
  const message = [...begin, ...(settings === undefined ? [] : [settings]), opening].join('; ');
  return withRetries(() =>
    thenRollBack(executor, async (connection) => {
      const { rows } = await connection.executeQuery<Row>(CompiledQuery.raw(message));
      const provideConnection: Send = (use) => use(connection);
      return read(rows, { getExecutor: () => executor.withConnectionProvider({ provideConnection }) });
    }),
  );
}

/** Statement that makes a transaction that of the entity manager's session; undefined where it has none. */
function settingsOf(em: SqlEntityManager): string | undefined {
  const variables = em.getSessionContext()?.variables;
  if (!variables) return undefined;
  const settings = Object.entries(variables).map(
    ([name, value]) => `set_config(${escapeLiteral(name)}, ${escapeLiteral(String(value))}, true)`,
  );
  return `select ${settings.join(', ')}`;
}

const rollback = CompiledQuery.raw('rollback');

/** Where the connection is lost, so is the transaction. */
const end = (connection: DatabaseConnection) => connection.executeQuery(rollback).catch(() => {});
