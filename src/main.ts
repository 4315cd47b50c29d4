import { openDatabase, type Database } from './open-database.ts';
import { systemClock, type Clock } from './values/clock.ts';
import type { Config } from './settings/config.ts';
import { createLogger, type Logger } from './settings/log.ts';

export interface Gateway {
  url: string;
  /** Where operators read metrics and health; undefined where they are not served. */
  metricsUrl: string | undefined;
  database: Database;
  /** The first superuser's key if this start created it. It cannot be shown again. */
  firstKey: string | undefined;
  /**
   * Ends running requests, then the server, the background tasks and the database. Requests go on for `drainMs` before
   * that, while the gateway says that it is not ready.
   */
  close(options?: { drainMs?: number | undefined }): Promise<void>;
}

export interface GatewayParts {
  /** Decides about time instead of the database's clock. */
  clock?: Clock;
  /** The machine's clock, which only has to agree with the database's. */
  machineClock?: Clock;
  log?: Logger;
  /** Whether to fold the ledger in the background; true by default. */
  folding?: boolean;
  /** Whether to send notifications in the background; true by default. */
  notifying?: boolean;
}

/**
 * Starts a gateway: database, migrations, first key, HTTP. When a step fails, everything that was started is closed.
 * @throws {OperatorError} when the database cannot be used or the address is taken.
 */
export async function startGateway(config: Config, parts: GatewayParts = {}): Promise<Gateway> {
  const { clock, machineClock = systemClock, log = createLogger(config), folding = true, notifying = true } = parts;
  // In parallel: loading GraphQL takes as long as opening the database.
  const serving = import('./serving.ts');
  const database = await openDatabase(config, config.databaseLimits);
  try {
    const { startServing } = await serving;
    const { server, background, observing, live, firstKey } = await startServing(config, {
      orm: database.orm,
      clock,
      machineClock,
      log,
      folding,
      notifying,
    });
    return {
      url: server.url,
      metricsUrl: observing.metricsUrl,
      database,
      firstKey,
      async close(options) {
        await server.close({ ...options, endStreams: () => live.close() });
        await background.stop();
        await observing.stop();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
