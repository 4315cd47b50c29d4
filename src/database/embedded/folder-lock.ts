import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process works on the folder. */
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

/** Of several that try in the same instant all may find it busy; with a little patience one of them gets it. */
const patienceMs = 250;

/**
 * Takes the folder for this process until released or until the process ends, however it ends.
 *
 * The lock is the operating system's own lock on a file (taken through SQLite, the one lock in Node.js's library), so
 * the kernel drops a dead holder's: there is nothing to time out, no reused process id to mistake, and no race in
 * taking over. `holder.json` beside it is only there to name the holder.
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
    // The holder has not written its name yet.
  }
  return 'another process';
}
