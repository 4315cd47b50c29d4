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

/** SHA-256 of a credential as it is sent. Nothing else of it is stored. */
export const hashCredential = (credential: string): Buffer => createHash('sha256').update(credential).digest();

/** Credentials of one kind, which begin with its prefix. `otherIds` is a pattern of ids besides the random ones. */
export function credentialFormat(prefix: string, otherIds = '') {
  const form = new RegExp(`^${prefix}_([0-9a-f]{18}${otherIds && `|${otherIds}`})_([A-Za-z0-9_-]{43})([0-9a-f]{8})$`);
  return {
    /** Creates one with 32 random bytes of secret. */
    make(id = randomBytes(idBytes).toString('hex')): NewCredential {
      const body = `${prefix}_${id}_${randomBytes(secretBytes).toString('base64url')}`;
      const secret = body + checksum(body);
      return { id, secret, hash: hashCredential(secret) };
    },

    /** The beginning of the credential with this id, by which people recognise it. */
    startOf: (id: string): string => `${prefix}_${id}`,

    /** Whether a text is meant as such a credential, even if it is mistyped. */
    isMeant: (text: string): boolean => text.startsWith(`${prefix}_`),

    /** The id in a text; undefined for text that is not such a credential or is mistyped. Needs no query. */
    idOf(text: string): string | undefined {
      const match = form.exec(text);
      if (!match) return undefined;
      const [, id, , sum = ''] = match;
      return checksum(text.slice(0, -sum.length)) === sum ? id : undefined;
    },
  };
}
