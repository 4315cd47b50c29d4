import type { Config } from './platform/config.ts';
import { startEmbeddedDatabase } from './platform/embedded/embedded-database.ts';
import { migrate } from './platform/migrate.ts';
import { connectionOptions, openOrm, type Orm } from './platform/orm.ts';
import { entities } from './entities.ts';

export interface Database {
  orm: Orm;
  /** Names of the migrations that this start applied. */
  applied: string[];
  close(): Promise<void>;
}

/** Opens the configured database, embedded or PostgreSQL, with every migration applied. */
export async function openDatabase(config: Pick<Config, 'databaseUrl' | 'databasePoolMax' | 'dataDir'>): Promise<Database> {
  const embedded = config.databaseUrl ? undefined : await startEmbeddedDatabase(config.dataDir);
  const orm = openOrm(connectionOptions(config, embedded?.socketDir), entities);
  const close = async () => {
    await orm.close(true);
    await embedded?.close();
  };
  try {
    return { orm, applied: await migrate(orm, { shared: !embedded }), close };
  } catch (error) {
    await close();
    throw error;
  }
}
