import {
  allowInsecureRequests,
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  discovery,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  ResponseBodyError,
  type Configuration,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
} from 'openid-client';
import { ApiError } from './api-error.ts';
import { endSession, type ProviderTokens, type Session } from './session.ts';

interface Settings {
  issuer: string;
  clientId: string;
  audience: string;
  scopes: string;
}

/** What has to be known again when the provider sends the person back. */
interface Begun {
  state: string;
  nonce: string;
  verifier: string;
  /** The view that was to be seen. */
  hash: string;
}

const place = 'usage-gateway.signing-in';

function readSettings(): Settings | undefined {
  const content = document.querySelector<HTMLMetaElement>('meta[name=usage-gateway-sign-in]')?.content;
  return content === undefined ? undefined : JSON.parse(content);
}

/** How people sign in with the identity provider of this gateway; undefined where there is none. */
const settings = readSettings();

/** What the provider is called here; undefined where there is none. */
export const providerName: string | undefined = settings && new URL(settings.issuer).host;

/** Where the provider sends people back to, and what it has to know as an address of this client. */
const home = () => `${location.origin}/`;

let discovered: Promise<Configuration> | undefined;

async function configuration({ issuer, clientId }: Settings): Promise<Configuration> {
  const url = new URL(issuer);
  const execute = url.protocol === 'http:' ? [allowInsecureRequests] : [];
  discovered ??= discovery(url, clientId, undefined, None(), { execute });
  try {
    return await discovered;
  } catch (error) {
    discovered = undefined;
    throw error;
  }
}

/** Names what access tokens are for, to providers that issue them for one service. ID tokens are for the client. */
function audienceOf({ audience, clientId }: Settings): Record<string, string> {
  if (audience === clientId) return {};
  return { audience, ...(/^https?:/.test(audience) ? { resource: audience } : {}) };
}

/** Leaves for the provider, who sends the person back. @throws {ApiError} when the provider cannot be reached. */
export async function beginSignIn(): Promise<void> {
  const { config, settings } = await provider();
  const begun: Begun = {
    state: randomState(),
    nonce: randomNonce(),
    verifier: randomPKCECodeVerifier(),
    hash: location.hash,
  };
  sessionStorage.setItem(place, JSON.stringify(begun));
  const url = buildAuthorizationUrl(config, {
    redirect_uri: home(),
    scope: settings.scopes,
    state: begun.state,
    nonce: begun.nonce,
    code_challenge: await calculatePKCECodeChallenge(begun.verifier),
    code_challenge_method: 'S256',
    ...audienceOf(settings),
  });
  location.assign(url);
}

/** Whether the address is one that the provider has sent the person back to. */
export const isReturning = (): boolean =>
  settings !== undefined && /[?&](code|error)=/.test(location.search) && /[?&]state=/.test(location.search);

/** Takes up the sign-in where the provider has sent the person back. @throws {ApiError} saying why there is none. */
export async function completeSignIn(): Promise<Session> {
  const url = new URL(location.href);
  url.hash = '';
  const stored = sessionStorage.getItem(place);
  const begun: Begun | undefined = stored === null ? undefined : JSON.parse(stored);
  sessionStorage.removeItem(place);
  history.replaceState(null, '', `/${begun?.hash ?? ''}`);
  if (!begun) throw new ApiError('This sign-in was not begun in this tab. Sign in again.', 'SIGN_IN');
  const { config, settings } = await provider();
  const checks = {
    pkceCodeVerifier: begun.verifier,
    expectedState: begun.state,
    expectedNonce: begun.nonce,
    idTokenExpected: true,
  };
  return explained(async () => {
    const tokens = await authorizationCodeGrant(config, url, checks, audienceOf(settings));
    return sessionOf(tokens, settings, { since: Date.now() });
  });
}

/** A session with fresh tokens in place of those that run out. @throws when the provider gives none. */
export async function renewed({ provider: old }: Session): Promise<Session> {
  if (!old?.refreshToken) throw new ApiError('The provider gave nothing to renew the sign-in with.', 'SIGN_IN');
  const { config, settings } = await provider();
  return sessionOf(await refreshTokenGrant(config, old.refreshToken, audienceOf(settings)), settings, old);
}

function sessionOf(
  tokens: TokenEndpointResponse & TokenEndpointResponseHelpers,
  { audience, clientId }: Settings,
  before: ProviderTokens,
): Session {
  const isIdToken = audience === clientId;
  const key = isIdToken ? tokens.id_token : tokens.access_token;
  if (key === undefined) throw new ApiError('The provider did not renew the sign-in. Sign in again.', 'SIGN_IN');
  const lifetime = isIdToken ? lifetimeOf(tokens.claims()) : tokens.expires_in;
  const refreshToken = tokens.refresh_token ?? before.refreshToken;
  const idToken = tokens.id_token ?? before.idToken;
  return {
    key,
    provider: {
      since: before.since,
      ...(lifetime === undefined ? {} : { renewAt: Date.now() + renewAfterMs(lifetime) }),
      ...(refreshToken === undefined ? {} : { refreshToken }),
      ...(idToken === undefined ? {} : { idToken }),
    },
  };
}

/** Of the provider's two instants, as the clock here may be another. */
const lifetimeOf = (claims: { exp: number; iat: number } | undefined) => claims && claims.exp - claims.iat;

/** Half a minute before a token that lasts for so many seconds runs out, or halfway for one that is brief. */
const renewAfterMs = (seconds: number) => Math.max(seconds - 30, seconds / 2) * 1000;

/** Forgets the session here, and ends the one at the provider where it offers that. */
export async function signOut(session: Session): Promise<void> {
  endSession();
  if (!session.provider || !settings) return;
  try {
    const config = await configuration(settings);
    if (config.serverMetadata().end_session_endpoint === undefined) return;
    const { idToken } = session.provider;
    location.assign(
      buildEndSessionUrl(config, {
        post_logout_redirect_uri: home(),
        ...(idToken === undefined ? {} : { id_token_hint: idToken }),
      }),
    );
  } catch {
    // The tab has forgotten the session whatever the provider says.
  }
}

async function provider(): Promise<{ config: Configuration; settings: Settings }> {
  if (!settings) throw new ApiError('This gateway has no identity provider.', 'SIGN_IN');
  try {
    return { config: await configuration(settings), settings };
  } catch {
    const message = `${providerName} cannot be reached, or does not answer this page. Try again, or tell whoever runs the gateway.`;
    throw new ApiError(message, 'UNREACHABLE');
  }
}

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError)
      throw new ApiError(`${providerName} refused the sign-in: ${error.error_description ?? error.error}`, 'SIGN_IN');
    throw new ApiError(`What ${providerName} sent is not what was asked for. Sign in again.`, 'SIGN_IN');
  }
}
