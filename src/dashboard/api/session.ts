import { useEffect, useState } from 'preact/hooks';

/** What the identity provider gave besides the token that is sent. */
export interface ProviderTokens {
  /** When the person signed in, in milliseconds since 1970. */
  since: number;
  /** When to renew the token that is sent, in milliseconds since 1970; undefined where the provider does not say. */
  renewAt?: number;
  refreshToken?: string;
  idToken?: string;
}

/** Who this tab speaks for. The browser forgets it with the tab. */
export interface Session {
  /** The API key that was typed in, or the provider's token. */
  key: string;
  /** Of who signed in with the identity provider. */
  provider?: ProviderTokens;
  /** The token of an impersonation, which is used instead of the key while there is one. */
  impersonation?: string;
}

const place = 'usage-gateway.session';
const listeners = new Set<() => void>();
let notice: string | undefined;

function read(): Session | undefined {
  const stored = sessionStorage.getItem(place);
  if (stored === null) return undefined;
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}

let session = read();

export const currentSession = (): Session | undefined => session;

/** Signs in, or changes whom the tab speaks for. @param reason why, where it was not asked for. */
export function startSession(next: Session, reason?: string): void {
  session = next;
  notice = reason;
  sessionStorage.setItem(place, JSON.stringify(next));
  for (const listener of listeners) listener();
}

/** Forgets the credential. @param reason is shown at the next sign-in. */
export function endSession(reason?: string): void {
  session = undefined;
  notice = reason;
  sessionStorage.removeItem(place);
  for (const listener of listeners) listener();
}

/** Ends what a refused credential was for: the impersonation, if there is one, otherwise the session. */
export function credentialEnded(): void {
  if (session?.impersonation)
    startSession(withoutImpersonation(session), 'The impersonation has ended. You speak for yourself again.');
  else if (session?.provider) endSession('Your sign-in has expired or was revoked. Sign in again.');
  else
    endSession('The gateway no longer accepts this key: it is mistyped, revoked or has expired. Sign in with another.');
}

export function withoutImpersonation({ impersonation: _ended, ...session }: Session): Session {
  return session;
}

/** The session, and why the one before it ended where nobody asked for it. */
export function useSession(): { session: Session | undefined; notice: string | undefined } {
  const [, render] = useState(0);
  useEffect(() => {
    const listener = () => render((count) => count + 1);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return { session, notice };
}
