import { CompiledQuery, type DatabaseConnection, type QueryExecutorProvider } from 'kysely';
import { escapeLiteral } from 'pg';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { tenantRole, tenantSetting } from './database-role.ts';
import type { TenantId } from '../values/identifier.ts';
import type { Orm } from './orm.ts';

/**
 * An entity manager whose statements see one tenant's rows, or none without a tenant. What is only to read cannot write
 * either.
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

/** An entity manager that asks for the whole platform, whoever calls; its user sees to what may be done with it. */
export const forkForPlatform = ({ orm }: { orm: Orm }): SqlEntityManager => orm.em.fork();

/**
 * Where repositories send statements: into the transaction that the entity manager is in, else, where it has a session,
 * into a short one of the statement's own, as settings of a session may not outlive their request on a connection. That
 * one is for reading alone, and its end is not waited for.
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
          // Where the connection is lost, so is the transaction.
          await connection.executeQuery(rollback).catch(() => {});
        }
      };
      executor.provideConnection(read).catch(reject);
    });
  return { getExecutor: () => executor.withConnectionProvider({ provideConnection }) };
}

const rollback = CompiledQuery.raw('rollback');
