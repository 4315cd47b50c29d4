import { expect, vi } from 'vitest';
import type { TestDatabase } from './databases.ts';
import { startTestGateway, type TestGateway } from './gateway.ts';
import { runOnServer } from './server-sql.ts';

/** Gateways on one database, which none of them drops. */
export async function startGateways({ config }: TestDatabase, count: number): Promise<TestGateway[]> {
  const shared = { config, drop: async () => undefined };
  return Promise.all(
    Array.from({ length: count }, () =>
      startTestGateway(config.databaseUrl ? 'postgres' : 'embedded', { database: shared }),
    ),
  );
}

/** How many deadlocks a database has had; counted for sure only when the connections that met them are gone. */
export async function deadlocks({ config: { databaseUrl } }: TestDatabase): Promise<number | undefined> {
  // The embedded database has one connection, which waits for no other.
  if (databaseUrl === undefined) return 0;
  const others = 'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
  await vi.waitFor(async () => expect(await runOnServer(databaseUrl, others)).toEqual([]), 20_000);
  const [row] = await runOnServer<{ deadlocks: number }>(
    databaseUrl,
    'select deadlocks::int as deadlocks from pg_stat_database where datname = current_database()',
  );
  return row?.deadlocks;
}
