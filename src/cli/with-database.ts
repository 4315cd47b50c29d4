import { openDatabase } from '../open-database.ts';
import { loadConfig } from '../settings/config.ts';
import type { Orm } from '../database/orm.ts';

/** Does something with the configured database, which is closed afterwards, whatever happens. */
export async function withDatabase<T>(work: (orm: Orm) => Promise<T>): Promise<T> {
  const database = await openDatabase(loadConfig(process.env));
  try {
    return await work(database.orm);
  } finally {
    await database.close();
  }
}
