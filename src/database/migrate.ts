import { migrations } from '../../migrations/index.ts';
import { platformRole, type ConnectionRole } from './database-role.ts';
import { migrationTable, type Orm } from './orm.ts';
import { sqlState } from './transaction.ts';

/** Any number, the same in every instance. */
const migrationLock = 7_340_119_001;

/**
 * Applies the pending migrations as the user that connected, and returns their names. Instances that start together wait
 * for each other on an advisory lock of PostgreSQL; the embedded database has only one user.
 */
export async function migrate(orm: Orm, role: ConnectionRole, { shared }: { shared: boolean }): Promise<string[]> {
  // The user that serves need not own the tables, and may not see them without the role.
  role.name = platformRole;
  if (await isMigrated(orm)) return [];
  role.name = 'none';
  const applied = async () => (await orm.migrator.up()).map((migration) => migration.name);
  if (!shared) return applied();
  const holder = orm.em.fork();
  await holder.begin();
  try {
    await holder.execute('select pg_advisory_xact_lock(?)', [migrationLock]);
    return await applied();
  } finally {
    await holder.rollback();
  }
}

/** SQLSTATEs for a missing table, a missing role, and a user who may not take or see them. */
const notThere = new Set(['42P01', '22023', '42501']);

/** Whether every migration has been applied. The migrator would examine the whole schema, for most of a second. */
export async function isMigrated(orm: Orm): Promise<boolean> {
  const rows = await orm.em
    .fork()
    .execute<{ name: string }[]>(`select name from ${migrationTable}`)
    .catch((error: unknown) => {
      if (notThere.has(sqlState(error))) return [];
      throw error;
    });
  const applied = new Set(rows.map(({ name }) => name));
  return migrations.every(({ name }) => applied.has(name));
}
