import { lstat, open, rm, stat, type FileHandle } from 'node:fs/promises';
import type { GatewayError } from '../../values/errors.ts';
import { ImportError } from './import-error.ts';
import type { FileRecord } from './read-records.ts';

export interface Reject {
  record: FileRecord;
  error: GatewayError;
}

/** The rejected records of one import as NDJSON. The file is created only when there is at least one. */
export class RejectsFile {
  readonly path: string;
  #begun = false;
  #file: FileHandle | undefined;

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws {ImportError} when the path is the imported file itself. */
  static async beside(imported: string, path: string): Promise<RejectsFile> {
    const [source, target] = await Promise.all([stat(imported), stat(path).catch(() => undefined)]);
    if (source.dev === target?.dev && source.ino === target.ino)
      throw new ImportError([`--rejects: ${path} is the file to import`]);
    return new RejectsFile(path);
  }

  get written(): boolean {
    return this.#file !== undefined;
  }

  /** Adds the rejected records of a batch. The first call deletes the file of an earlier import, which would mislead. */
  async write(rejects: readonly Reject[]): Promise<void> {
    if (!this.#begun) await removeFile(this.path);
    this.#begun = true;
    if (rejects.length === 0) return;
    this.#file ??= await open(this.path, 'w');
    await this.#file.appendFile(rejects.map(toLine).join(''));
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

const toLine = ({ record, error }: Reject) =>
  `${JSON.stringify({ line: record.line, code: error.code, field: error.field ?? null, reason: error.message, record: record.raw })}\n`;

/** Removes a regular file only: /dev/null and pipes are there to be written to. */
async function removeFile(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile()) await rm(path);
}
