import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { clusterTemplate } from './cluster-template.ts';

// Runs PGlite off the main thread and speaks PostgreSQL's protocol on a Unix socket, so that a slow query never blocks
// HTTP and one driver serves both databases.

/** That the database is ready, or why it ended unexpectedly. */
export type WorkerMessage = 'ready' | { fault: string };

const { dataDir, socketPath } = workerData as { dataDir: string; socketPath: string };
const cluster = join(dataDir, 'pgdata');
const unfinished = 'pgdata.new-';

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const tell = (message: WorkerMessage) => parentPort?.postMessage(message);

/** PostgreSQL's last message before it failed, without the statement that it logs on the next line. */
let lastWords: string | undefined;

function end(error: unknown): never {
  tell({ fault: lastWords ?? (error instanceof Error ? String(error) : inspect(error)) });
  process.exit(1);
}

function openCluster(folder: string, template?: Blob) {
  return PGlite.create({
    dataDir: folder,
    ...(template ? { loadDataDir: template } : {}),
    onStderr(line) {
      lastWords = /(?:PANIC|FATAL): .*/.exec(line)?.[0] ?? lastWords;
      return false;
    },
  });
}

/** A first start that is killed halfway would leave a folder that never opens, so it is built aside and renamed. */
async function createCluster() {
  for (const entry of readdirSync(dataDir))
    if (entry.startsWith(unfinished)) rmSync(join(dataDir, entry), { recursive: true });
  const building = join(dataDir, `${unfinished}${process.pid}`);
  // PGlite creates files that everybody can write to.
  mkdirSync(building, { mode: 0o700 });
  const database = await openCluster(building, await clusterTemplate());
  await database.close();
  renameSync(building, cluster);
}

/** The status with which PGlite's WebAssembly leaves a failed statement. Anything else that it throws is a fault. */
const failedStatement = 100;

const isFailedStatement = (error: unknown) =>
  typeof error === 'object' && error !== null && 'status' in error && error.status === failedStatement;

/**
 * Ends the worker at the first fault. PGlite itself would swallow it, even a panic of PostgreSQL, leave the client waiting
 * forever, and continue with corrupt memory.
 */
function endOnFault(database: PGlite) {
  const { _PostgresMainLoopOnce: step } = database.Module;
  Object.assign(database.Module, {
    _PostgresMainLoopOnce() {
      lastWords = undefined;
      try {
        step();
      } catch (error) {
        if (isFailedStatement(error)) throw error;
        end(error);
      }
    },
  } satisfies Partial<typeof database.Module>);
  const execute = database.execProtocolRawStream.bind(database);
  database.execProtocolRawStream = (message, options) => execute(message, options).catch(end);
}

async function serve() {
  if (!existsSync(cluster)) await createCluster();
  // Without this file PGlite would write a new cluster over the existing one.
  if (!existsSync(join(cluster, 'PG_VERSION'))) throw new Error(`${cluster} is damaged: it has no PG_VERSION`);
  const database = await openCluster(cluster);
  endOnFault(database);
  const server = new PGLiteSocketServer({ db: database, path: socketPath, maxConnections: 4 });
  await server.start();
  parentPort?.once('message', async () => {
    await server.stop();
    await database.close();
    parentPort?.close();
  });
  tell('ready');
}

await serve().catch(end);
