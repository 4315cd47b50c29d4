import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from './settings/config.ts';
import type { DatabaseLimits } from './settings/database-limits.ts';
import { startEmbeddedDatabase } from './database/embedded/embedded-database.ts';
import { platformRole, type ConnectionRole } from './database/database-role.ts';
import { OperatorError } from './values/errors.ts';
import type { ConnectionConfig, Orm } from './database/orm.ts';

export interface Database {
  orm: Orm;
  /** Names of the migrations that this start applied. */
  applied: string[];
  /** Resolves when the embedded database ends unexpectedly; never for a server, to which the driver reconnects. */
  crashed: Promise<Error>;
  close(): Promise<void>;
}

const howToPool =
  'DATABASE_POOLER: behind a pooler nothing can be set for a connection. Migrate past the pooler first, run the following there, and have the pooler open its connections again:';

const migrateFirst =
  'DATABASE_POOLER: migrations have to be applied past the pooler: run `usage-gateway migrate` with the DATABASE_URL of the server itself and without DATABASE_POOLER.';

const longestCloseMs = 10_000;
const oldestServer = { version: 15, versionNumber: 150_000 };

/**
 * Opens the configured database, embedded or PostgreSQL, with every migration applied.
 * @param limits how long statements may take on a server; as long as they need where none are given.
 * @throws {OperatorError} when the server cannot be reached or is too old, without its password.
 * @throws {FolderLockedError} when another process has the embedded database's folder.
 */
export async function openDatabase(
  config: ConnectionConfig & Pick<Config, 'dataDir'>,
  limits?: DatabaseLimits,
): Promise<Database> {
  // In parallel: loading the ORM takes as long as opening the embedded database.
  const libraries = Promise.all([
    import('./database/orm.ts'),
    import('./database/migrate.ts'),
    import('./entities.ts'),
    import('./database/user-settings.ts'),
  ]);
  const embedded = config.databaseUrl ? undefined : await startEmbeddedDatabase(config.dataDir);
  const [{ connectionOptions, openOrm }, { isMigrated, migrate }, { entities }, { missingUserSettings }] =
    await libraries;
  const role: ConnectionRole = { name: 'none' };
  const orm = openOrm(connectionOptions(config, embedded?.socketDir, role), entities);
  const close = async () => {
    const patience = new AbortController();
    // A connection that is just being opened may be lost to the pool, which would then wait for it forever. The timer also
    // keeps the process alive: with a lost connection nothing else does, and it would end halfway.
    try {
      await Promise.race([orm.close(true), sleep(longestCloseMs, undefined, { signal: patience.signal })]);
    } finally {
      patience.abort();
    }
    await embedded?.close();
  };
  try {
    if (config.databaseUrl) await checkServer(orm, new URL(config.databaseUrl));
    if (config.databaseUrl && config.databasePooler === 'transaction') {
      const missing = await missingUserSettings(orm.em.fork(), limits);
      if (missing.length > 0) throw new OperatorError(`${howToPool}\n  ${missing.join('\n  ')}`);
      if (!(await isMigrated(orm))) throw new OperatorError(migrateFirst);
    }
    const applied = await migrate(orm, role, { shared: !embedded });
    role.limits = config.databaseUrl ? limits : undefined;
    role.name = platformRole;
    if (config.databaseUrl) await checkRole(orm, new URL(config.databaseUrl));

    return { orm, applied, crashed: embedded?.crashed ?? new Promise(() => {}), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function checkServer(orm: Orm, { hostname, port, pathname }: URL): Promise<void> {
  const place = `${hostname}:${port || 5432}${pathname}`;
  const [row] = await orm.em
    .fork()
    .execute<{ version: number }[]>(`select current_setting('server_version_num')::int as version`)
    .catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new OperatorError(`DATABASE_URL: the PostgreSQL server at ${place} cannot be used: ${reason}`, {
        cause: error,
      });
    });
  if (!row || row.version < oldestServer.versionNumber)
    throw new OperatorError(`DATABASE_URL: the server at ${place} is older than PostgreSQL ${oldestServer.version}.`);
}

/** The user may own the tables and still not be allowed to take the role that serves. */
async function checkRole(orm: Orm, { username }: URL): Promise<void> {
  await orm.em
    .fork()
    .execute('select 1')
    .catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new OperatorError(
        `DATABASE_URL: the user ${decodeURIComponent(username)} cannot ask as ${platformRole}: ${reason}`,
        { cause: error },
      );
    });
}
