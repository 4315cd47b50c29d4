import { CompiledQuery, type DatabaseConnection, type QueryExecutorProvider } from 'kysely';
import { escapeLiteral } from 'pg';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { tenantRole, tenantSetting } from './database-role.ts';
import type { TenantId } from '../values/identifier.ts';
import type { Orm } from './orm.ts';

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
 * for its end.
 */
export function inSession(em: SqlEntityManager): QueryExecutorProvider {
  const kysely = em.getKysely();
  const settings = settingsOf(em);
  if (settings === undefined || em.isInTransaction()) return kysely;
  const executor = kysely.getExecutor();
  const provideConnection = <T>(use: (connection: DatabaseConnection) => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      const read = async (connection: DatabaseConnection) => {
        try {
          await connection.executeQuery(CompiledQuery.raw(`begin read only; ${settings}`));
          resolve(await use(connection));
        } catch (error) {
          reject(error);
        } finally {
          await end(connection);
        }
      };
      executor.provideConnection(read).catch(reject);
    });
  return { getExecutor: () => executor.withConnectionProvider({ provideConnection }) };
}

/**
 * Rows of a SELECT without parameters. In a session it is one message to the server with the transaction around it: who
 * asks for one small thing waits once.
 */
export async function selectRows<Row>(em: SqlEntityManager, select: string): Promise<Row[]> {
  const settings = settingsOf(em);
  const alone = settings === undefined || em.isInTransaction();
  const text = alone ? select : `begin read only; ${settings}; ${select}; rollback`;
  const { rows } = await em.getKysely().executeQuery<Row>(CompiledQuery.raw(text));
  return rows;
}

/**
 * Reads in one snapshot. `opening` is a statement without parameters, whose rows `read` is given: with the begin of the
 * transaction and the settings of the session it is one message to the server. The end of the transaction is not waited
 * for.
 *
 * A report never gains by reading a table from its beginning to its end, as everything that it reads belongs to a tenant;
 * where statistics are missing or old, the planner believes otherwise.
 */
export function inSnapshot<Row, T>(
  em: SqlEntityManager,
  opening: string,
  read: (rows: Row[], db: QueryExecutorProvider) => Promise<T>,
): Promise<T> {
  const executor = em.getKysely().getExecutor();
  return new Promise<T>((resolve, reject) => {
    const inTransaction = async (connection: DatabaseConnection) => {
      const begin = ['begin isolation level repeatable read read only', 'set local enable_seqscan = off'];
      const settings = settingsOf(em);
      try {
        const { rows } = await connection.executeQuery<Row>(
          CompiledQuery.raw([...begin, ...(settings === undefined ? [] : [settings]), opening].join('; ')),
        );
        const provideConnection = <R>(use: (connection: DatabaseConnection) => Promise<R>) => use(connection);
        resolve(await read(rows, { getExecutor: () => executor.withConnectionProvider({ provideConnection }) }));
      } catch (error) {
        reject(error);
      } finally {
        await end(connection);
      }
    };
    executor.provideConnection(inTransaction).catch(reject);
  });
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
