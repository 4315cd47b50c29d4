import { createWriteStream } from 'node:fs';
import { access, constants, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Says why a file cannot be written under a name, or nothing, as far as that can be told beforehand. */
export async function outputProblem(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return `${path} is a folder`;
  if (found && !found.isFile()) return undefined;
  const folder = dirname(found ? await realpath(path) : path);
  const holder = await stat(folder).catch(() => undefined);
  if (!holder?.isDirectory()) return `there is no folder ${folder}`;
  const isWritable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  return isWritable ? undefined : `the folder ${folder} cannot be written to`;
}

/**
 * Has a file written beside its name and gives it that name when it is complete: under it there is never half a file.
 * What is there and is no file, such as a pipe or /dev/null, is written to itself.
 */
export async function writeWhole<T>(path: string, write: (output: Writable) => Promise<T>): Promise<T> {
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile()) return write(createWriteStream(path));
  const target = found ? await realpath(path) : path;
  const beside = `${target}.${process.pid}.partial`;
  const file = createWriteStream(beside, { flush: true });
  const closed = new Promise<void>((resolve) => file.once('close', () => resolve()));
  try {
    const result = await write(file);
    await Promise.all([finished(file), closed]);
    await rename(beside, target);
    return result;
  } catch (error) {
    file.destroy();
    // A file that is only being opened would be there again.
    await closed;
    await rm(beside, { force: true });
    throw error;
  }
}
