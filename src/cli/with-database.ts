import { openDatabase } from '../database.ts';
import { loadConfig } from '../platform/config.ts';
import type { Orm } from '../platform/orm.ts';

/** Does something with the configured database, which is closed afterwards, whatever happens. */
export async function withDatabase(work: (orm: Orm) => Promise<void>): Promise<void> {
  const database = await openDatabase(loadConfig(process.env));
  try {
    await work(database.orm);
  } finally {
    await database.close();
  }
}
