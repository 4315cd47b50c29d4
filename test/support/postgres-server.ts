import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A PostgreSQL server for one test run. */
export interface PostgresServer {
  /** Of a user who may create databases. */
  url: string;
  stop(): Promise<void>;
}

/** No server could be started here; the message says why. */
export class PostgresUnavailableError extends Error {}

export type PostgresReport = { url: string } | { problem: string };

/**
 * The server at `TEST_DATABASE_URL`, or one started from node_modules, which removes the run's folder when it stops.
 * @throws {PostgresUnavailableError} when none can be started.
 */
export async function startPostgresServer(runFolder: string, env = process.env): Promise<PostgresServer> {
  if (env['TEST_DATABASE_URL']) return { url: env['TEST_DATABASE_URL'], stop: async () => undefined };
  // Detached, so that Ctrl-C reaches only the test run, which then ends its tests before their server.
  const child = fork(new URL('./postgres-process.ts', import.meta.url), [runFolder], {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exit = once(child, 'exit');
  const first: PostgresReport = await Promise.race([
    once(child, 'message').then(([message]) => message),
    exit.then(([code]) => ({ problem: `its process ended with code ${String(code)}\n${stderr.trim()}` })),
  ]);
  if ('problem' in first) throw new PostgresUnavailableError(first.problem);
  const stop = async () => {
    if (child.connected) child.disconnect();
    await exit;
  };
  return { url: first.url, stop };
}
