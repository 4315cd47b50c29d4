import { MikroORM, type EntitySchema, type Options } from '@mikro-orm/postgresql';
import { Migrator } from '@mikro-orm/migrations';
import type { Config } from './config.ts';
import { migrations } from '../../migrations/index.ts';

export type Orm = MikroORM;

/** Names of the migrations that were applied. */
export const migrationTable = 'migration';

const connectTimeoutMs = 10_000;

/** Driver options for a PostgreSQL server, or for the embedded database behind its Unix socket. */
export function connectionOptions(
  config: Pick<Config, 'databaseUrl' | 'databasePoolMax'>,
  embeddedSocketDir: string | undefined,
): Options {
  if (config.databaseUrl)
    return {
      clientUrl: config.databaseUrl,
      pool: { min: 0, max: config.databasePoolMax },
      // The whole URL once more, as the driver also reads its parameters: host=/socket/dir, sslmode and the like.
      driverOptions: {
        connectionString: config.databaseUrl,
        connectionTimeoutMillis: connectTimeoutMs,
        application_name: 'usage-gateway',
      },
    };
  return {
    host: embeddedSocketDir,
    port: 5432,
    user: 'postgres',
    dbName: 'postgres',
    // The embedded database runs one statement at a time; one connection keeps transactions from meeting.
    pool: { min: 1, max: 1, idleTimeoutMillis: 0 },
  };
}

/** Opens the ORM without touching the database. */
export function openOrm(connection: Options, entities: readonly EntitySchema[]): Orm {
  return new MikroORM({
    ...connection,
    entities: [...entities],
    extensions: [Migrator],
    migrations: { migrationsList: migrations, snapshot: false, silent: true, tableName: migrationTable },
    discovery: { warnWhenNoEntities: false },
    forceUtcTimezone: true,
  });
}
