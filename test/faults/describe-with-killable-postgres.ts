import { afterAll, describe } from 'vitest';
import { PostgresUnavailableError, startKillablePostgres, type KillablePostgres } from '../support/postgres-server.ts';
import { runOnServer, withDatabase } from '../support/server-sql.ts';

const database = 'usage';

/**
 * A suite on a PostgreSQL server of its own; where none can be started it is skipped with the reason in its name.
 * @throws in CI, where nothing may be left out.
 */
export async function describeWithKillablePostgres(
  name: string,
  define: (server: KillablePostgres, databaseUrl: string) => void,
): Promise<void> {
  const server = await startKillablePostgres().catch((error: unknown) => {
    if (!(error instanceof PostgresUnavailableError) || process.env['CI']) throw error;
    return error;
  });
  const reason = server instanceof Error ? server.message.split('\n')[0] : undefined;
  if (!(server instanceof Error)) await runOnServer(server.url, `create database ${database}`);
  describe.skipIf(reason)(`${name} [postgres]${reason ? ` (left out: ${reason})` : ''}`, () => {
    if (server instanceof Error) return;
    afterAll(() => server.stop());
    define(server, withDatabase(server.url, database));
  });
}
