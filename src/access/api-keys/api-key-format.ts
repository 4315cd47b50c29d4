import { credentialFormat, hashCredential } from '../credential-format.ts';

const apiKeys = credentialFormat('ugk', 'first');

/** SHA-256 of a key as it is sent; all that is stored of it. */
export const hashApiKey = hashCredential;

/** Makes a key, `ugk_<id>_<secret><checksum>`, with 32 random bytes of secret. */
export const newApiKey = apiKeys.make;

/** The start of a key by which people recognise it. */
export const apiKeyPrefix = apiKeys.startOf;

/** The id in a key, or undefined for text that is no key or is mistyped, found out without a query. */
export const apiKeyId = apiKeys.idOf;
