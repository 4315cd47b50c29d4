import { migrations } from '../../migrations/index.ts';
import { platformRole, type ConnectionRole } from './database-role.ts';
import { migrationTable, type Orm } from './orm.ts';
import { sqlState } from './transaction.ts';

/** Any number, the same in every instance. */
const migrationLock = 7_340_119_001;

/**
 * Applies the pending migrations, as who connected, and returns their names. Instances that start together wait for each other on an
 * advisory lock of PostgreSQL; the embedded database has only one user.
 */
export async function migrate(orm: Orm, role: ConnectionRole, { shared }: { shared: boolean }): Promise<string[]> {
  // Who serves need not own the tables, nor see them without the role.
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

/** What PostgreSQL says without the table, without the role, and to who may take or see neither. */
const notThere = new Set(['42P01', '22023', '42501']);

/** Whether every migration has been applied. The migrator looks over the whole schema to tell, most of a second. */
async function isMigrated(orm: Orm): Promise<boolean> {
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
