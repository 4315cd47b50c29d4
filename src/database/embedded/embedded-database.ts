import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { WorkerMessage } from './embedded-worker.ts';
import { lockFolder } from './folder-lock.ts';

export interface EmbeddedDatabase {
  /** Folder of the Unix socket, used as the driver's host. */
  socketDir: string;
  /**
   * Resolves when the database ends unexpectedly or fails to close cleanly. Nothing can be read or written from then on;
   * the next start finds everything that was committed.
   */
  crashed: Promise<Error>;
  /** Resolves once the database has ended and the folder is free. Calling it twice, or after a crash, is harmless. */
  close(): Promise<void>;
}

/** PostgreSQL's name for the socket of a server on the default port. */
const socketName = '.s.PGSQL.5432';

/**
 * With the 4 MB that Node.js gives a worker, a deeply nested query overflows the stack of WebAssembly, which is fatal,
 * before it reaches PostgreSQL's own limit (max_stack_depth), which fails only that query.
 */
const workerStackMb = 64;

/**
 * Starts PGlite on a folder that no other process uses, in a worker thread.
 * @throws {FolderLockedError} when another process has the folder.
 */
export async function startEmbeddedDatabase(dataDir: string): Promise<EmbeddedDatabase> {
  mkdirSync(dataDir, { recursive: true });
  const lock = lockFolder(dataDir);
  // Paths of Unix sockets are limited to about 100 bytes, so it does not live in the data folder.
  const socketDir = mkdtempSync(join(tmpdir(), 'usage-gateway-'));
  const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), {
    workerData: { dataDir, socketPath: join(socketDir, socketName) },
    resourceLimits: { stackSizeMb: workerStackMb },
  });
  const { ready, ended } = watch(worker);
  const failed = (what: string, cause: Error | undefined) =>
    new Error(`The embedded database in ${dataDir} ${what}: ${cause?.message ?? 'it ended without a message'}`, {
      cause,
    });
  let closing = false;
  const crashed = Promise.withResolvers<Error>();
  const gone = ended.then((failure) => {
    rmSync(socketDir, { recursive: true, force: true });
    lock.release();
    if (failure || !closing) crashed.resolve(failed('crashed', failure));
    return failure;
  });

  const first = await Promise.race([ready, gone]);
  if (first !== 'ready') throw failed('did not start', first);
  return {
    socketDir,
    crashed: crashed.promise,
    async close() {
      closing = true;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage('close');
      await gone;
    },
  };
}

/** `ended` resolves once the thread is gone, with the failure that ended it where there was one. */
function watch(worker: Worker) {
  const ready = Promise.withResolvers<'ready'>();
  const ended = Promise.withResolvers<Error | undefined>();
  let failure: Error | undefined;
  worker.on('message', (message: WorkerMessage) => {
    if (message === 'ready') ready.resolve(message);
    else failure ??= new Error(message.fault);
  });
  worker.on('error', (error: Error) => {
    failure ??= error;
  });
  worker.on('exit', () => ended.resolve(failure));
  return { ready: ready.promise, ended: ended.promise };
}
