import { openDatabase } from '../open-database.ts';
import { loadConfig } from '../settings/config.ts';
import { DatabaseClock, readDatabaseClock } from '../database/database-clock.ts';
import type { Orm } from '../database/orm.ts';
import { forkForPlatform } from '../database/session.ts';
import type { Clock } from '../values/clock.ts';

/** Runs `work` with the configured database and its clock, and always closes it afterwards. */
export async function withDatabase<T>(work: (orm: Orm, clock: Clock) => Promise<T>): Promise<T> {
  const database = await openDatabase(loadConfig(process.env));
  try {
    const { orm } = database;
    const clock = await DatabaseClock.start({ read: () => readDatabaseClock(forkForPlatform({ orm })) });
    return await work(orm, clock.now);
  } finally {
    await database.close();
  }
}
