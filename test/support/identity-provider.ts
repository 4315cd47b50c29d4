import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
import { loadConfig, type Config } from '../../src/settings/config.ts';

/** Where people sign in: a real provider, whose pages take any password. */
export interface IdentityProvider {
  issuer: string;
  /** The settings of a gateway that takes its tokens. */
  settings(audience?: string): Pick<Config, 'jwt' | 'signIn'>;
  /** Lets a dashboard send people here. */
  register(dashboardUrl: string): void;
  /** Whether it gives what sign-ins are renewed with. */
  renews: boolean;
  close(): Promise<void>;
}

export const clientId = 'dashboard';
/** An audience for which it issues access tokens that can be read. */
export const service = 'https://usage.example.com/';
export const tokenSeconds = 3600;

/** Listens on a free port. Who signs in as "ada" has the verified address ada@example.com. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  let handle: ReturnType<Provider['callback']> | undefined;
  const server = createServer((request, response) => {
    if (handle) void handle(request, response);
    else response.writeHead(503).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The provider listens on a port.');
  const issuer = `http://127.0.0.1:${address.port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'provider' };
  const claimsOf = (login: string) => ({ email: `${login}@example.com`, email_verified: true, name: login });

  const identityProvider: IdentityProvider = {
    issuer,
    settings(audience = clientId) {
      const { jwt, signIn } = loadConfig({
        JWT_JWKS_URL: `${issuer}/jwks`,
        JWT_ISSUER: issuer,
        JWT_AUDIENCE: audience,
        OIDC_CLIENT_ID: clientId,
      });
      return { jwt, signIn };
    },
    register(dashboardUrl) {
      const provider = new Provider(issuer, {
        clients: [
          {
            client_id: clientId,
            redirect_uris: [`${dashboardUrl}/`],
            post_logout_redirect_uris: [`${dashboardUrl}/`],
            token_endpoint_auth_method: 'none',
            grant_types: ['authorization_code', 'refresh_token'],
          },
        ],
        jwks: { keys: [key] },
        cookies: { keys: ['a key for tests only'] },
        claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
        // In the ID token, as most providers do.
        conformIdTokenClaims: false,
        clientBasedCORS: () => true,
        issueRefreshToken: async () => identityProvider.renews,
        rotateRefreshToken: true,
        ttl: {
          AccessToken: tokenSeconds,
          IdToken: tokenSeconds,
          RefreshToken: 86_400,
          Session: 86_400,
          Grant: 86_400,
          Interaction: 3600,
        },
        findAccount: (_context, login) => ({ accountId: login, claims: () => ({ sub: login, ...claimsOf(login) }) }),
        extraTokenClaims: (_context, token) => ('accountId' in token ? claimsOf(String(token.accountId)) : {}),
        features: {
          resourceIndicators: {
            enabled: true,
            getResourceServerInfo: (_context, audience) => ({ scope: '', audience, accessTokenFormat: 'jwt' }),
          },
        },
      });
      handle = provider.callback();
    },
    renews: true,
    async close() {
      const closed = once(server.close(), 'close');
      server.closeAllConnections();
      await closed;
    },
  };
  return identityProvider;
}
