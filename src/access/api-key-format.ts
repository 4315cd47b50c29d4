import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const secretBytes = 32;
const idBytes = 9;
const form = /^ugk_([0-9a-f]{18}|first)_([A-Za-z0-9_-]{43})([0-9a-f]{8})$/;

export interface NewApiKey {
  id: string;
  /** The whole key, shown once: `ugk_<id>_<secret><checksum>`. */
  secret: string;
  hash: Buffer;
}

const checksum = (text: string) => crc32(text).toString(16).padStart(8, '0');

/** SHA-256 of a key as it is sent; all that is stored of it. */
export const hashApiKey = (key: string): Buffer => createHash('sha256').update(key).digest();

/** Makes a key with 32 random bytes of secret. */
export function newApiKey(id = randomBytes(idBytes).toString('hex')): NewApiKey {
  const body = `ugk_${id}_${randomBytes(secretBytes).toString('base64url')}`;
  const secret = body + checksum(body);
  return { id, secret, hash: hashApiKey(secret) };
}

/** The start of a key by which people recognise it. */
export const apiKeyPrefix = (id: string): string => `ugk_${id}`;

/** The id in a key, or undefined for text that is no key or is mistyped, found out without a query. */
export function apiKeyId(key: string): string | undefined {
  const match = form.exec(key);
  if (!match) return undefined;
  const [, id, , sum = ''] = match;
  return checksum(key.slice(0, -sum.length)) === sum ? id : undefined;
}
