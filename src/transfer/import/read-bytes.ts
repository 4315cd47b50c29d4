import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ImportError } from './import-error.ts';

const chunkBytes = 256 * 1024;

/**
 * Yields a file's bytes in order, decompressed if they begin like gzip. `onRead` is given the number of bytes that each
 * read took from the file itself.
 * @throws {ImportError} when the gzip data is damaged or cut off.
 * @throws the operating system's error when the file cannot be read.
 */
export async function* readBytes(path: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    const chunks = fileChunks(file, onRead);
    const { value: first } = await chunks.next();
    if (!first) return;
    const all = withFirst(first, chunks);
    yield* isGzip(first) ? unpacked(all) : all;
  } finally {
    await file.close();
  }
}

// RFC 1952, section 2.3.1.
const isGzip = (bytes: Buffer) => bytes[0] === 0x1f && bytes[1] === 0x8b;

async function* fileChunks(file: FileHandle, onRead: (bytes: number) => void): AsyncGenerator<Buffer, undefined> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes);
    if (bytesRead === 0) return;
    onRead(bytesRead);
    yield buffer.subarray(0, bytesRead);
  }
}

async function* withFirst(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

async function* unpacked(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const fed = pipeline(packed, gunzip);
  // An error reaches the loop below through the stream; the promise would only report it again.
  fed.catch(() => undefined);
  try {
    yield* gunzip;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw new ImportError([`The gzip data of the file is damaged or cut off: ${error.message}`], { cause: error });
  }
}

const isZlibError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
