import { credentialFormat, hashCredential } from '../credential-format.ts';

const apiKeys = credentialFormat('ugk', 'first');

/** SHA-256 of a key as it is sent. Nothing else of it is stored. */
export const hashApiKey = hashCredential;

/** Creates a key, `ugk_<id>_<secret><checksum>`, with 32 random bytes of secret. */
export const newApiKey = apiKeys.make;

/** The beginning of a key, by which people recognise it. */
export const apiKeyPrefix = apiKeys.startOf;

/** The id in a key; undefined for text that is not a key or is mistyped. Needs no query. */
export const apiKeyId = apiKeys.idOf;
