import { Writable } from 'node:stream';
import { pino } from 'pino';
import { startGateway, type Gateway } from '../../src/main.ts';
import { loadConfig } from '../../src/settings/config.ts';
import { createTestDatabase, type DatabaseKind, type TestDatabase } from '../support/databases.ts';
import { superuserKey } from '../support/gateway.ts';

export interface LogLine {
  level: number;
  msg: string;
  requestId?: string;
  err?: { type: string; message: string; stack: string; code?: string };
}

export interface LoggedGateway extends Gateway {
  databaseConfig: TestDatabase['config'];
  /** What it has logged so far. */
  lines: LogLine[];
}

/**
 * A gateway on a database of its own that keeps its log lines as production writes them.
 * @param reroute makes the address under which the gateway finds its PostgreSQL database.
 */
export async function startLoggedGateway(
  kind: DatabaseKind,
  reroute: (databaseUrl: string) => Promise<string> = async (databaseUrl) => databaseUrl,
): Promise<LoggedGateway> {
  const { config, drop } = await createTestDatabase(kind);
  const lines: LogLine[] = [];
  const stream = new Writable({
    write(line, _encoding, done) {
      lines.push(JSON.parse(String(line)));
      done();
    },
  });
  const settings = loadConfig({ PORT: '0', SUPERUSER_KEY: superuserKey, NODE_ENV: 'production' });
  const databaseUrl = config.databaseUrl === undefined ? undefined : await reroute(config.databaseUrl);
  const gateway = await startGateway({ ...settings, ...config, databaseUrl }, { log: pino({}, stream) });
  return {
    ...gateway,
    databaseConfig: config,
    lines,
    async close() {
      await gateway.close();
      await drop();
    },
  };
}
