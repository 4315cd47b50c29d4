import { createAuthenticator } from './access/authenticate.ts';
import { createFirstSuperuserKey } from './access/api-key.service.ts';
import { openDatabase, type Database } from './database.ts';
import { systemClock, type Clock } from './platform/clock.ts';
import type { Config } from './platform/config.ts';
import { OperatorError } from './platform/errors.ts';
import { createLogger, type Logger } from './platform/log.ts';
import { listen, type HttpServer } from './server.ts';

export interface Gateway {
  url: string;
  database: Database;
  /** The first superuser's key, when this start made it; it is not to be had again. */
  firstKey: string | undefined;
  /** Ends running requests, then the server, then the database. */
  close(): Promise<void>;
}

export interface GatewayParts {
  clock?: Clock;
  log?: Logger;
}

/**
 * Starts a gateway: database, migrations, first key, HTTP. Whatever was started is closed again when a step fails.
 * @throws {OperatorError} when the database cannot be used or the address is taken.
 */
export async function startGateway(config: Config, parts: GatewayParts = {}): Promise<Gateway> {
  const { clock = systemClock, log = createLogger(config) } = parts;
  // Reading the schema and the GraphQL libraries takes as long as opening the database does, beside it.
  const graphql = import('./yoga.ts');
  const database = await openDatabase(config);
  try {
    const { orm } = database;
    const firstKey = config.superuserKey === undefined ? await createFirstSuperuserKey(orm.em.fork()) : undefined;
    const authenticator = createAuthenticator(orm, config.superuserKey, clock);
    const { createGraphQLServer } = await graphql;
    const yoga = createGraphQLServer(config, { orm, clock, log }, authenticator);
    const server: HttpServer = await listen(yoga, config.host, config.port).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new OperatorError(`HOST, PORT: cannot listen on ${config.host}:${config.port}: ${reason}`, {
        cause: error,
      });
    });
    return {
      url: server.url,
      database,
      firstKey,
      async close() {
        await server.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
