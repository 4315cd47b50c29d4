import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const secretBytes = 32;
const idBytes = 9;

export interface NewCredential {
  id: string;
  /** The whole credential, shown once: `<prefix>_<id>_<secret><checksum>`. */
  secret: string;
  hash: Buffer;
}

const checksum = (text: string) => crc32(text).toString(16).padStart(8, '0');

/** SHA-256 of a credential as it is sent; all that is stored of it. */
export const hashCredential = (credential: string): Buffer => createHash('sha256').update(credential).digest();

/** Credentials of one kind, which begin with its prefix. `otherIds` are ids besides the random ones, as in a pattern. */
export function credentialFormat(prefix: string, otherIds = '') {
  const form = new RegExp(`^${prefix}_([0-9a-f]{18}${otherIds && `|${otherIds}`})_([A-Za-z0-9_-]{43})([0-9a-f]{8})$`);
  return {
    /** Makes one with 32 random bytes of secret. */
    make(id = randomBytes(idBytes).toString('hex')): NewCredential {
      const body = `${prefix}_${id}_${randomBytes(secretBytes).toString('base64url')}`;
      const secret = body + checksum(body);
      return { id, secret, hash: hashCredential(secret) };
    },

    /** How the credential with this id begins, by which people recognise it. */
    startOf: (id: string): string => `${prefix}_${id}`,

    /** Whether a text means to be such a credential, be it a mistyped one. */
    isMeant: (text: string): boolean => text.startsWith(`${prefix}_`),

    /** The id in a text, or undefined for one that is no such credential or is mistyped, found out without a query. */
    idOf(text: string): string | undefined {
      const match = form.exec(text);
      if (!match) return undefined;
      const [, id, , sum = ''] = match;
      return checksum(text.slice(0, -sum.length)) === sum ? id : undefined;
    },
  };
}
