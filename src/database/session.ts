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
        ...(readOnly ? { transaction_read_only: 'on' } : {}),
      },
    },
  });
}

/** An entity manager for the whole platform, whoever the caller is. Its user must check what the caller may do. */
export const forkForPlatform = ({ orm }: { orm: Orm }): SqlEntityManager => orm.em.fork();

/**
 * Where repositories send statements: into the entity manager's transaction or, when it has a session but no transaction,
 * into a short read-only transaction for the statement alone, so that no setting stays on the connection. Nobody waits
 * for its end.
 */
export function inSession(em: SqlEntityManager): QueryExecutorProvider {
  const kysely = em.getKysely();
  const variables = em.getSessionContext()?.variables;
  if (!variables || em.isInTransaction()) return kysely;
  const executor = kysely.getExecutor();
  const settings = Object.entries(variables).map(
    ([name, value]) => `set_config(${escapeLiteral(name)}, ${escapeLiteral(String(value))}, true)`,
  );
  const begin = CompiledQuery.raw(`begin read only; select ${settings.join(', ')}`);
  const provideConnection = <T>(use: (connection: DatabaseConnection) => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      const read = async (connection: DatabaseConnection) => {
        try {
          await connection.executeQuery(begin);
          resolve(await use(connection));
        } catch (error) {
          reject(error);
        } finally {
          // When the connection is lost, so is the transaction.
          await connection.executeQuery(rollback).catch(() => {});
        }
      };
      executor.provideConnection(read).catch(reject);
    });
  return { getExecutor: () => executor.withConnectionProvider({ provideConnection }) };
}

const rollback = CompiledQuery.raw('rollback');
