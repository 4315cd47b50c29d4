import { once } from 'node:events';
import { createGunzip } from 'node:zlib';
import { refusal } from '../web/read-body.ts';

export interface Decompressing {
  /** Largest size of what comes out, in bytes. */
  maxBytes: number;
  /** Is told of bytes before they are kept, and may throw. */
  onBytes: (bytes: number) => void;
}

/**
 * A body as its Content-Encoding says: gzip, or as it is.
 * @throws a refusal with a status for another encoding, damaged data, and for what would become too large.
 */
export async function decompress(
  body: Buffer,
  encoding: string | undefined,
  { maxBytes, onBytes }: Decompressing,
): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return body;
  if (name !== 'gzip' && name !== 'x-gzip')
    throw refusal(415, 'Send the body as it is, or with Content-Encoding: gzip.');
  const gunzip = createGunzip();
  const chunks: Buffer[] = [];
  let size = 0;
  gunzip.end(body);
  try {
    const ended = once(gunzip, 'end');
    gunzip.on('data', (chunk: Buffer) => {
      size += chunk.length;
      try {
        if (size > maxBytes) throw refusal(413, `The body has more than ${maxBytes} bytes when it is decompressed.`);
        onBytes(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        gunzip.destroy(error instanceof Error ? error : undefined);
      }
    });
    await ended;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw refusal(400, 'The gzip data of the body is damaged or cut off.');
  }
  return Buffer.concat(chunks);
}

const isZlibError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
