import { z } from 'zod';

/** How people sign in to the dashboard with the issuer of their tokens. None of it is secret. */
export interface SignInConfig {
  /** The token's `iss`, under which the issuer publishes what it offers. */
  issuer: string;
  /** By which the issuer knows the dashboard. */
  clientId: string;
  /** The token's `aud`: that of ID tokens where it is the client id, otherwise that of access tokens. */
  audience: string;
  /** What is asked for, separated by blanks. */
  scopes: string;
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

function isIssuerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && loopback.has(hostname));
}

export const signInSettings = {
  OIDC_CLIENT_ID: z
    .string()
    .optional()
    .describe(
      'The client id of the dashboard at `JWT_ISSUER`, for people to sign in with it (authorization code with PKCE, no secret). Without it the dashboard takes API keys alone.',
    ),
  OIDC_SCOPES: z
    .string()
    .regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/, 'must be scopes separated by single blanks')
    .refine((scopes) => scopes.split(' ').includes('openid'), 'must have openid among them')
    .default('openid email profile')
    .describe('What the dashboard asks the issuer for; `offline_access` may be needed for a sign-in that is renewed.'),
};

/** What is wrong with the combination of settings, whatever their values. */
export function signInProblems(given: Readonly<Record<string, unknown>>): string[] {
  const { OIDC_CLIENT_ID: clientId, OIDC_SCOPES: scopes, JWT_ISSUER: issuer } = given;
  if (clientId === undefined) return scopes === undefined ? [] : ['OIDC_SCOPES has no effect without OIDC_CLIENT_ID'];
  if (given['JWT_JWKS_URL'] === undefined && given['JWT_PUBLIC_KEY'] === undefined)
    return ['OIDC_CLIENT_ID has no effect without JWT_JWKS_URL or JWT_PUBLIC_KEY'];
  return typeof issuer !== 'string' || isIssuerUrl(issuer)
    ? []
    : ['JWT_ISSUER must be a URL with OIDC_CLIENT_ID: https, or http on this machine'];
}

/** The combined settings; undefined where people do not sign in with the issuer. */
export function signInConfig(
  { OIDC_CLIENT_ID: clientId, OIDC_SCOPES: scopes }: Readonly<z.infer<z.ZodObject<typeof signInSettings>>>,
  trusted: { issuer: string; audience: string } | undefined,
): SignInConfig | undefined {
  if (clientId === undefined || trusted === undefined) return undefined;
  return { issuer: trusted.issuer, audience: trusted.audience, clientId, scopes };
}
