import type { Pool } from 'pg';
import { MikroORM, type EntitySchema, type Options } from '@mikro-orm/postgresql';
import { Migrator } from '@mikro-orm/migrations';
import type { Config } from '../settings/config.ts';
import { takeRole, type ConnectionRole } from './database-role.ts';
import { observePool } from '../telemetry/observe-pool.ts';
import { parseJson } from '../values/json.ts';
import { answerWithLast } from './last-result.ts';
import { prepareMarked } from './prepared.ts';
import { endUnanswered } from './unanswered.ts';
import { endUnawaited } from './unawaited.ts';
import { migrations } from '../../migrations/index.ts';

export type Orm = MikroORM;

/** Names of the migrations that were applied. */
export const migrationTable = 'migration';

const connectTimeoutMs = 10_000;
const keepAliveMs = 10_000;

/** What connecting needs of the settings. */
export type ConnectionConfig = Pick<Config, 'databaseUrl' | 'databasePoolMax'> &
  Partial<Pick<Config, 'databasePooler'>>;

/** Driver options for a PostgreSQL server, or for the embedded database behind its Unix socket. */
export function connectionOptions(
  config: ConnectionConfig,
  embeddedSocketDir: string | undefined,
  role: ConnectionRole = { name: 'none' },
): Options {
  if (config.databaseUrl)
    return {
      clientUrl: config.databaseUrl,
      pool: { min: 0, max: config.databasePoolMax },
      // The whole URL again, since the driver also reads its parameters: host=/socket/dir, sslmode and so on.
      driverOptions: {
        connectionString: config.databaseUrl,
        connectionTimeoutMillis: connectTimeoutMs,
        application_name: 'usage-gateway',
        keepAlive: true,
        keepAliveInitialDelayMillis: keepAliveMs,
        onPoolCreated(pool: Pool) {
          const isPooled = config.databasePooler === 'transaction';
          if (!isPooled) takeRole(pool, role);
          readJsonb(pool);
          giveLostConnectionsBack(pool);
          // What is prepared, or set for a session, would stay on a connection that somebody else gets.
          if (!isPooled) pool.on('connect', prepareMarked);
          pool.on('connect', answerWithLast);
          endUnanswered(pool, role);
          endUnawaited(pool, { canCancel: true });
          observePool(pool);
        },
      },
    };
  return {
    host: embeddedSocketDir,
    port: 5432,
    user: 'postgres',
    dbName: 'postgres',
    // The embedded database runs one statement at a time; one connection keeps transactions from meeting.
    pool: { min: 1, max: 1, idleTimeoutMillis: 0 },
    driverOptions: {
      onPoolCreated(pool: Pool) {
        takeRole(pool, role);
        readJsonb(pool);
        pool.on('connect', answerWithLast);
        endUnawaited(pool, { canCancel: false });
        observePool(pool);
      },
    },
  };
}

/** PostgreSQL's OID of the type. */
const jsonb = 3802;

function readJsonb(pool: Pool): void {
  pool.on('connect', (client) => client.setTypeParser(jsonb, parseJson));
}

const lostConnectionMs = 1_000;

/**
 * A connection lost inside a transaction also fails the rollback, and then the query builder never releases it: the pool
 * would run dry after as many losses as it has places. The holder gets a moment to release it first.
 */
function giveLostConnectionsBack(pool: Pool): void {
  pool.on('connect', (client) =>
    client.once('end', () => {
      const release = () => {
        try {
          client.release(true);
        } catch {
          // It was released.
        }
      };
      setTimeout(release, lostConnectionMs).unref();
    }),
  );
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
