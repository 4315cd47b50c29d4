import type { Orm } from './orm.ts';

/** Any number, the same in every instance. */
const migrationLock = 7_340_119_001;

/**
 * Applies the pending migrations and returns their names. Instances that start together wait for each other on an
 * advisory lock of PostgreSQL; the embedded database has only one user.
 */
export async function migrate(orm: Orm, { shared }: { shared: boolean }): Promise<string[]> {
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
