import { openDatabase } from '../open-database.ts';
import { loadConfig } from '../settings/config.ts';
import type { Orm } from '../database/orm.ts';

/** Runs `work` with the configured database and always closes it afterwards. */
export async function withDatabase<T>(work: (orm: Orm) => Promise<T>): Promise<T> {
  const database = await openDatabase(loadConfig(process.env));
  try {
    return await work(database.orm);
  } finally {
    await database.close();
  }
}
