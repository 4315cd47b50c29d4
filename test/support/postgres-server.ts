import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A PostgreSQL server for one test run. */
export interface PostgresServer {
  /** Of a user who may create databases. */
  url: string;
  stop(): Promise<void>;
}

/** A server that keeps what it has committed when it is killed. */
export interface KillablePostgres extends PostgresServer {
  /** Ends it in immediate mode: its connections are lost, and its next start recovers from its log. */
  kill(): Promise<void>;
  /** Ends it in fast mode, in order: its connections are lost, and what they were doing is rolled back. */
  shutDown(): Promise<void>;
  /** Starts it again with the same data at the same address; resolves when it takes connections. */
  start(): Promise<void>;
}

/** No server could be started here; the message says why. */
export class PostgresUnavailableError extends Error {}

export type PostgresOrder = 'kill' | 'shutDown' | 'start';

export type PostgresReport = { url: string } | { done: PostgresOrder } | { problem: string };

/**
 * The server at `TEST_DATABASE_URL`, or one started from the folder of programs in `TEST_POSTGRES_BIN` or else from
 * node_modules, which removes the run's folder when it stops.
 * @throws {PostgresUnavailableError} when none can be started.
 */
export async function startPostgresServer(runFolder: string, env = process.env): Promise<PostgresServer> {
  if (env['TEST_DATABASE_URL']) return { url: env['TEST_DATABASE_URL'], stop: async () => undefined };
  return startFromNodeModules([runFolder]);
}

/**
 * A server of the caller's own, started from node_modules: one that survives being killed, or a power cut as well.
 * @param parent Folder in which it has its files; the one for temporary files unless given.
 * @throws {PostgresUnavailableError} when none can be started.
 */
export async function startKillablePostgres(
  durability: 'durable' | 'like-an-operators' = 'durable',
  parent = tmpdir(),
): Promise<KillablePostgres> {
  const folder = mkdtempSync(join(parent, 'ugt-'));
  try {
    return await startFromNodeModules([folder, durability], { ...process.env, TMPDIR: parent });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startFromNodeModules(args: string[], env = process.env): Promise<KillablePostgres> {
  // Detached, so that Ctrl-C reaches only the test run, which then ends its tests before their server.
  const child = fork(new URL('./postgres-process.ts', import.meta.url), args, {
    detached: true,
    env,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exit = once(child, 'exit');
  const nextReport = (): Promise<PostgresReport> =>
    Promise.race([
      once(child, 'message').then(([message]) => message),
      exit.then(([code]) => ({ problem: `its process ended with code ${String(code)}\n${stderr.trim()}` })),
    ]);
  const first = await nextReport();
  if (!('url' in first)) throw new PostgresUnavailableError('problem' in first ? first.problem : 'it gave no address');
  const order = async (what: PostgresOrder) => {
    const report = nextReport();
    child.send(what);
    const answer = await report;
    if ('problem' in answer) throw new Error(answer.problem);
  };
  const stop = async () => {
    if (child.connected) child.disconnect();
    await exit;
  };
  return {
    url: first.url,
    stop,
    kill: () => order('kill'),
    shutDown: () => order('shutDown'),
    start: () => order('start'),
  };
}
