import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { insertAuditEvent } from '../../audit/audit.repository.ts';
import { acceptInvitation, isInvited } from './invitation.repository.ts';
import type { PortalUser } from './portal-user.entity.ts';
import { addMembership, findPortalUser, insertAndLockPortalUser, updatePortalUser } from './portal-user.repository.ts';
import { isPlatformRole, platformPrincipal, type Principal } from '../../caller/principal.ts';
import { inTransaction, isForeignKeyViolation } from '../../database/transaction.ts';

/** What a token says about its holder. */
export interface Claims {
  subject: string;
  email: string | undefined;
  /** Whether the issuer has verified that the address is the person's. */
  emailVerified: boolean;
  name: string | undefined;
}

/**
 * The principal of these claims. Adds a new user, stores a changed name or e-mail address, and accepts an invitation to a
 * verified address for a user without a membership. Otherwise it writes nothing.
 */
export async function signIn(em: SqlEntityManager, claims: Claims, now: Date): Promise<Principal> {
  const known = await findPortalUser(em, claims.subject);
  if (known && !changesOf(known, claims) && !(await mayAccept(em, known, claims, now))) return principalOf(known);
  const attempt = () => inTransaction(em, (em) => enter(em, claims, now));
  return attempt().catch((error: unknown) => {
    // A tenant deleted at the same moment took its invitations with it.
    if (isForeignKeyViolation(error)) return attempt();
    throw error;
  });
}

async function mayAccept(em: SqlEntityManager, user: PortalUser, claims: Claims, now: Date): Promise<boolean> {
  const email = invitedAddress(user, claims);
  return email !== undefined && isInvited(em, email, now);
}

async function enter(em: SqlEntityManager, claims: Claims, now: Date): Promise<Principal> {
  const { subject, email = '', name = null } = claims;
  const user = await insertAndLockPortalUser(em, { id: uuidv7(), subject, email, name });
  const changes = changesOf(user, claims);
  if (changes) await updatePortalUser(em, { ...user, ...changes });
  const address = invitedAddress(user, claims);
  const invitation = address === undefined ? undefined : await acceptInvitation(em, address, now);
  if (!invitation) return principalOf(user);
  const { id, tenantId, role } = invitation;
  await addMembership(em, tenantId ?? null, user.id, role);
  const principal = principalOf({ id: user.id, tenantId, role });
  const act = {
    action: 'invitation.accept',
    tenantId: tenantId ?? null,
    target: id,
    details: { email: address, role },
  };
  await insertAuditEvent(em, principal, act, now);
  return principal;
}

/** The address whose invitation the user may accept: a verified one, of a user without a membership. */
const invitedAddress = ({ role }: PortalUser, { email, emailVerified }: Claims): string | undefined =>
  role || !emailVerified ? undefined : email;

/**
 * What has to be updated, or undefined. An unverified address is stored only when no address is known. It never replaces
 * one, so the address of a member is always verified.
 */
function changesOf(user: PortalUser, claims: Claims): Pick<PortalUser, 'email' | 'name'> | undefined {
  const email = (claims.emailVerified || user.email === '' ? claims.email : undefined) ?? user.email;
  const name = claims.name ?? user.name ?? null;
  return email === user.email && name === (user.name ?? null) ? undefined : { email, name };
}

function principalOf({ id, tenantId, role }: Pick<PortalUser, 'id' | 'tenantId' | 'role'>): Principal {
  const subject = `user:${id}`;
  if (isPlatformRole(role)) return platformPrincipal(role, subject);
  return tenantId && role ? { kind: 'member', subject, tenantId, role } : { kind: 'guest', subject };
}
