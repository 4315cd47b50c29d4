import { migrations } from '../../migrations/index.ts';
import { migrationTable, type Orm } from './orm.ts';
import { sqlState } from './transaction.ts';

/** Any number, the same in every instance. */
const migrationLock = 7_340_119_001;

/**
 * Applies the pending migrations and returns their names. Instances that start together wait for each other on an
 * advisory lock of PostgreSQL; the embedded database has only one user.
 */
export async function migrate(orm: Orm, { shared }: { shared: boolean }): Promise<string[]> {
  if (await isMigrated(orm)) return [];
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

const undefinedTable = '42P01';

/** Whether every migration has been applied. The migrator looks over the whole schema to tell, most of a second. */
async function isMigrated(orm: Orm): Promise<boolean> {
  const rows = await orm.em
    .fork()
    .execute<{ name: string }[]>(`select name from ${migrationTable}`)
    .catch((error: unknown) => {
      if (sqlState(error) === undefinedTable) return [];
      throw error;
    });
  const applied = new Set(rows.map(({ name }) => name));
  return migrations.every(({ name }) => applied.has(name));
}
