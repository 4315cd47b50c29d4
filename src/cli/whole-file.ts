import { createWriteStream } from 'node:fs';
import { access, constants, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** Why a file cannot be written under a name, if that can be told in advance. */
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
 * Writes a file under a temporary name and renames it when it is complete, so that there is never half a file under the
 * name. Anything but a file, such as a pipe or /dev/null, is written to directly.
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
    // A file that is still being opened would come back.
    await closed;
    await rm(beside, { force: true });
    throw error;
  }
}
