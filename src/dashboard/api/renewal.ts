import { currentSession, startSession, type Session } from './session.ts';
import { renewed } from './provider.ts';

let renewing: Promise<void> | undefined;

/**
 * The session, with tokens that do not run out just now where they can be renewed. Where they cannot, the gateway decides
 * what the old ones are worth.
 */
export async function freshSession(): Promise<Session | undefined> {
  const session = currentSession();
  if (session && !session.impersonation && isDue(session)) {
    renewing ??= renew(session).finally(() => {
      renewing = undefined;
    });
    await renewing;
  }
  return currentSession();
}

const isDue = ({ provider }: Session) =>
  provider?.refreshToken !== undefined && provider.renewAt !== undefined && provider.renewAt < Date.now();

async function renew(session: Session): Promise<void> {
  const next = await renewed(session).catch(() => undefined);
  // Somebody may have signed out meanwhile.
  if (next && currentSession() === session) startSession(next);
}
