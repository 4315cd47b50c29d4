import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { loadConfig } from '../../src/settings/config.ts';
import type { JwtConfig } from '../../src/settings/jwt-config.ts';

export const issuer = 'https://login.example.com/';
export const audience = 'usage-gateway';

/** Signs tokens and publishes its keys over HTTP. */
export interface TokenIssuer {
  /** The settings of a gateway that trusts it. */
  jwt: JwtConfig;
  /** How often its keys were fetched. */
  fetches: number;
  /** What the endpoint answers with, where that is not the keys. */
  failure: { status: number; body: string } | undefined;
  /** Makes a key and publishes it, unless that is to come later. */
  addKey(kid: string, options?: { algorithm?: string; published?: boolean }): Promise<void>;
  publish(kid: string): void;
  /** Takes a key back; it still signs here. */
  retract(kid: string): void;
  /** A token that holds for an hour from `now`, unless the claims say otherwise; a claim of undefined is left out. */
  sign(claims: JWTPayload, options?: { kid?: string; now?: Date; named?: boolean }): Promise<string>;
  /** Stops listening, and comes back at the same address. */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  /** Takes requests and answers none. */
  stall(): void;
  close(): Promise<void>;
}

/** An issuer with a first key, "first", whose server listens on a free port. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const keys = new Map<string, { algorithm: string; privateKey: CryptoKey; jwk: object; published: boolean }>();
  let server: Server | undefined;
  let port = 0;
  let stalled = false;

  const goDown = async () => {
    const closed = server && once(server.close(), 'close');
    server?.closeAllConnections();
    server = undefined;
    await closed;
  };
  const comeBack = async () => {
    if (server) return;
    server = createServer((_request, response) => {
      tokenIssuer.fetches++;
      if (stalled) return;
      const published = [...keys.values()].filter((key) => key.published).map(({ jwk }) => jwk);
      const { status, body } = tokenIssuer.failure ?? { status: 200, body: JSON.stringify({ keys: published }) };
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address && typeof address === 'object') port = address.port;
  };
  const keyOf = (kid: string) => {
    const key = keys.get(kid);
    if (!key) throw new Error(`The issuer has no key '${kid}'.`);
    return key;
  };
  await comeBack();

  const tokenIssuer: TokenIssuer = {
    jwt: trusting({ JWT_JWKS_URL: `http://127.0.0.1:${port}/keys` }),
    fetches: 0,
    failure: undefined,
    async addKey(kid, { algorithm = 'ES256', published = true } = {}) {
      const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
      const jwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
      keys.set(kid, { algorithm, privateKey, jwk, published });
    },
    publish(kid) {
      keyOf(kid).published = true;
    },
    retract(kid) {
      keyOf(kid).published = false;
    },
    async sign(claims, { kid = 'first', now = new Date(), named = true } = {}) {
      const { algorithm, privateKey } = keyOf(kid);
      return new SignJWT(claimsAt(now, claims))
        .setProtectedHeader({ alg: algorithm, ...(named ? { kid } : {}) })
        .sign(privateKey);
    },
    goDown,
    comeBack,
    stall() {
      stalled = true;
    },
    close: goDown,
  };
  await tokenIssuer.addKey('first');
  return tokenIssuer;
}

const hourSeconds = 3600;

export const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);

/** Claims that are in order at an instant, with others in their place; a claim of undefined is left out. */
export function claimsAt(now: Date, claims: JWTPayload): JWTPayload {
  const usual = { iss: issuer, aud: audience, sub: 'somebody', iat: seconds(now), exp: seconds(now) + hourSeconds };
  const all = Object.entries({ ...usual, ...claims });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

/** Settings that trust the issuer with these keys. */
export function trusting(keys: { JWT_JWKS_URL: string } | { JWT_PUBLIC_KEY: string }): JwtConfig {
  const { jwt } = loadConfig({ JWT_ISSUER: issuer, JWT_AUDIENCE: audience, ...keys });
  if (!jwt) throw new Error('The settings say how tokens are checked.');
  return jwt;
}
