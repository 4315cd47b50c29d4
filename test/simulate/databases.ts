import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKillablePostgres, type KillablePostgres } from '../support/postgres-server.ts';
import { runOnServer, withDatabase } from '../support/server-sql.ts';
import { mountDisk, type Disk } from './disk.ts';
import { startFaultyProxy, type FaultyProxy } from './faulty-proxy.ts';

export type DatabaseKind = 'postgres' | 'embedded';

/** What gateways store in. */
export interface SimulatedDatabase {
  kind: DatabaseKind;
  /** Settings that lead each gateway to it. */
  settings: Record<string, string>[];
  /** Between gateways and the server, one for each of them; none for the embedded database. */
  lines: FaultyProxy[];
  /** None for the embedded database, which is a part of its gateway. */
  server: DatabaseServer | undefined;
  /** Where it stores, if that can be filled. */
  disk: Disk | undefined;
  close(): Promise<void>;
}

export interface DatabaseServer {
  url: string;
  end(how: 'kill' | 'shutDown'): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends connections of gateways, the share of them in percent. */
  terminateConnections(percent: number): Promise<void>;
  /** Starts it if it is gone, and waits until it takes connections. */
  revive(untilMs: number): Promise<boolean>;
  /** Whether a statement of a gateway is still running or waiting. */
  isBusy(): Promise<boolean>;
}

const diskMebibytes = 512;
const database = 'usage';

export async function createEmbeddedDatabase(folder: string, withDisk: boolean): Promise<SimulatedDatabase> {
  const disk = withDisk ? mountDisk(join(folder, 'disk'), diskMebibytes) : undefined;
  return {
    kind: 'embedded',
    settings: [{ DATA_DIR: join(disk?.folder ?? folder, 'data') }],
    lines: [],
    server: undefined,
    disk,
    close: async () => disk?.remove(),
  };
}

export async function createPostgresDatabase(
  folder: string,
  gateways: number,
  withDisk: boolean,
): Promise<SimulatedDatabase> {
  const disk = withDisk ? mountDisk(join(folder, 'disk'), diskMebibytes) : undefined;
  const postgres = await startKillablePostgres('durable', disk?.folder);
  await runOnServer(postgres.url, `create database ${database}`);
  const server = await serverOf(postgres);
  const lines = await Promise.all(Array.from({ length: gateways }, () => startFaultyProxy(postgres.url)));
  return {
    kind: 'postgres',
    settings: lines.map(({ url }) => ({ DATABASE_URL: withDatabase(url, database) })),
    lines,
    server,
    disk,
    async close() {
      server.signal('SIGCONT');
      await Promise.all(lines.map((line) => line.close()));
      await postgres.stop();
      disk?.remove();
    },
  };
}

async function serverOf(postgres: KillablePostgres): Promise<DatabaseServer> {
  const { url } = postgres;
  let pid = await postmasterPid(url);
  const takesConnections = async () => {
    const found = await Promise.race([postmasterPid(url).catch(() => 0), sleep(5000, 0)]);
    if (found > 0) pid = found;
    return found > 0;
  };
  const signalAll = (signal: NodeJS.Signals) => {
    for (const process of [pid, ...childrenOf(pid)]) kill(process, signal);
  };
  return {
    url: withDatabase(url, database),
    end: (how) => postgres[how](),
    signal: signalAll,
    async terminateConnections(percent) {
      await runOnServer(
        url,
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = '${database}' and pid % 100 < ${percent}`,
      );
    },
    async revive(untilMs) {
      signalAll('SIGCONT');
      while (performance.now() < untilMs) {
        if (!isAlive(pid)) await postgres.start().catch(() => undefined);
        if (await takesConnections()) return true;
        await sleep(100);
      }
      return false;
    },
    async isBusy() {
      const busy = await runOnServer(
        url,
        `select pid from pg_stat_activity where datname = '${database}' and state <> 'idle' and backend_type = 'client backend'`,
      );
      return busy.length > 0;
    },
  };
}

async function postmasterPid(url: string): Promise<number> {
  const [row] = await runOnServer<{ file: string }>(url, `select pg_read_file('postmaster.pid') as file`);
  return Number.parseInt(row?.file ?? '', 10);
}

/** Signals a process, which may have ended. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Of a process, those that it has started, as /proc knows them. */
const childrenOf = (pid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
        return Number(fields?.[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
