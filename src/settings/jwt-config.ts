import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

/** The trusted issuer of tokens, and how tokens are checked. */
export interface JwtConfig {
  /** Where the issuer publishes its keys, or its one key. */
  keys: { url: URL } | PublicKey;
  /** The token's `iss`. */
  issuer: string;
  /** What the token's `aud` has to name. */
  audience: string;
  /** How far the issuer's clock may differ from ours. */
  clockToleranceSeconds: number;
}

export interface PublicKey {
  publicKey: KeyObject;
  /** Algorithms that the key can be used with. */
  algorithms: readonly string[];
}

const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const curveAlgorithms: Record<string, string> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

/** Signatures that only the issuer can make. With a shared secret, whoever can check a token could forge one. */
export const asymmetricAlgorithms: readonly string[] = [...rsaAlgorithms, ...Object.values(curveAlgorithms), 'EdDSA'];

const minRsaBits = 2048;

function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string[] {
  const { modulusLength = 0, namedCurve = '' } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'rsa' && modulusLength >= minRsaBits) return rsaAlgorithms;
  if (asymmetricKeyType === 'ec') return curveAlgorithms[namedCurve] ? [curveAlgorithms[namedCurve]] : [];
  return asymmetricKeyType === 'ed25519' ? ['EdDSA'] : [];
}

const jsonWebKey = z.looseObject({ kty: z.string(), alg: z.string().optional(), d: z.undefined().optional() });

/** The public key in a PEM (SPKI), whose line ends may be written as "\n", or in a JWK; undefined for anything else. */
function readPublicKey(text: string): PublicKey | undefined {
  try {
    const pem = text.trim().replaceAll('\\n', '\n');
    if (pem.startsWith('-----BEGIN PUBLIC KEY-----')) return usable(createPublicKey(pem));
    const jwk = jsonWebKey.parse(JSON.parse(text));
    return usable(createPublicKey({ key: jwk, format: 'jwk' }), jwk.alg);
  } catch {
    return undefined;
  }
}

function usable(publicKey: KeyObject, only?: string): PublicKey | undefined {
  const algorithms = algorithmsOf(publicKey).filter((algorithm) => only === undefined || algorithm === only);
  return algorithms.length > 0 ? { publicKey, algorithms } : undefined;
}

/** The URL of a key set. URLs with a password are refused, as fetch does. */
function readUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) && !url.username && !url.password ? url : undefined;
}

const read = <T>(reader: (text: string) => T | undefined, problem: string) =>
  z.string().transform((text, context) => {
    const value = reader(text);
    if (value !== undefined) return value;
    context.addIssue(problem);
    return z.NEVER;
  });

export const jwtSettings = {
  JWT_JWKS_URL: read(readUrl, 'must be an http or https URL without user and password')
    .optional()
    .describe("URL of the token issuer's key set. Without it and `JWT_PUBLIC_KEY` only API keys are accepted."),
  JWT_PUBLIC_KEY: read(
    readPublicKey,
    `must be a public key as PEM ("-----BEGIN PUBLIC KEY-----") or JWK: RSA of ${minRsaBits} bits or more, P-256, P-384, P-521 or Ed25519`,
  )
    .optional()
    .describe("The token issuer's one key, as PEM or JWK, in place of `JWT_JWKS_URL`."),
  JWT_ISSUER: z.string().optional().describe('Required `iss` of tokens; needed with either of the above.'),
  JWT_AUDIENCE: z.string().optional().describe('Required `aud` of tokens; needed with either of the above.'),
};

/** What is wrong with the combination of settings, whatever their values. */
export function jwtProblems(given: Readonly<Record<string, unknown>>): string[] {
  const isGiven = (name: string) => given[name] !== undefined;
  const keys = ['JWT_JWKS_URL', 'JWT_PUBLIC_KEY'].filter(isGiven);
  const checks = ['JWT_ISSUER', 'JWT_AUDIENCE'];
  if (keys.length === 0)
    return [...checks, 'JWT_CLOCK_TOLERANCE_SECONDS']
      .filter(isGiven)
      .map((name) => `${name} has no effect without JWT_JWKS_URL or JWT_PUBLIC_KEY`);
  const missing = checks.filter((name) => !isGiven(name)).map((name) => `${name} is required with ${keys.join(', ')}`);
  return keys.length > 1 ? ['JWT_PUBLIC_KEY cannot be used together with JWT_JWKS_URL', ...missing] : missing;
}

/** The combined settings; undefined when none are given, and then no tokens are accepted. */
export function jwtConfig(
  settings: Readonly<z.infer<z.ZodObject<typeof jwtSettings>>>,
  clockToleranceSeconds: number,
): JwtConfig | undefined {
  const { JWT_JWKS_URL: url, JWT_PUBLIC_KEY: key, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = settings;
  const keys = key ?? (url && { url });
  if (!keys || issuer === undefined || audience === undefined) return undefined;
  return { keys, issuer, audience, clockToleranceSeconds };
}
