import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process uses the folder. */
export class FolderLockedError extends Error {
  constructor(folder: string, holder: string) {
    super(
      `${folder} is in use by ${holder}. Two processes on one embedded database would destroy it: ` +
        'stop that one, choose another DATA_DIR, or use a PostgreSQL server (DATABASE_URL).',
    );
    this.name = 'FolderLockedError';
  }
}

export interface FolderLock {
  release(): void;
}

/** When several try at the same instant, all may find it busy. With a short wait one of them gets it. */
const patienceMs = 250;

/**
 * Locks the folder for this process until the lock is released or the process ends, however it ends.
 *
 * It is the operating system's lock on a file (taken through SQLite, the only way in Node.js's library), so the kernel
 * releases it when the holder dies: there are no timeouts, no confusion over reused process ids and no race to take over.
 * `holder.json` beside it only names the holder.
 * @throws {FolderLockedError} naming the process that holds it.
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const holderFile = join(folder, 'holder.json');
  const file = new DatabaseSync(join(folder, 'lock'), { timeout: patienceMs });
  try {
    file.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    file.close();
    if (!isBusy(error)) throw error;
    throw new FolderLockedError(folder, readHolder(holderFile));
  }
  writeFileSync(holderFile, JSON.stringify({ pid: process.pid, since: new Date().toISOString() }));
  return { release: () => file.close() };
}

const sqliteBusy = 5;

const isBusy = (error: unknown) => error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;

function readHolder(holderFile: string): string {
  try {
    const holder: unknown = JSON.parse(readFileSync(holderFile, 'utf8'));
    if (holder && typeof holder === 'object' && 'pid' in holder && 'since' in holder)
      return `process ${String(holder.pid)} (since ${String(holder.since)})`;
  } catch {
    // The holder has not written the file yet.
  }
  return 'another process';
}
