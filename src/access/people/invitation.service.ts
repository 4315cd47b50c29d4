import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { audited } from '../../audit/audited.ts';
import { emailAddress } from './email-address.ts';
import type { Invitation } from './invitation.entity.ts';
import {
  findPendingInvitation,
  insertInvitation,
  lockInvitation,
  lockInvitations,
  markInvitationRevoked,
  type NewInvitation,
} from './invitation.repository.ts';
import { addToTenant } from '../../tenancy/tenant.service.ts';
import { hasUser } from './portal-user.repository.ts';
import { NotFoundError, ValidationError } from '../../values/errors.ts';
import type { TenantId } from '../../values/identifier.ts';
import { auditNames, isPlatformRole, targetTenant, type Principal, type Role } from '../../caller/principal.ts';
import { neededElsewhere, refusal } from '../../caller/refusal.ts';

export type InvitationStatus = 'PENDING' | 'ACCEPTED' | 'REVOKED' | 'EXPIRED';

/** Status of an invitation. */
export function invitationStatus(
  { acceptedAt, revokedAt, expiresAt }: Pick<Invitation, 'expiresAt'> & Partial<Invitation>,
  now: Date,
): InvitationStatus {
  if (acceptedAt) return 'ACCEPTED';
  if (revokedAt) return 'REVOKED';
  return expiresAt <= now ? 'EXPIRED' : 'PENDING';
}

const dayMs = 86_400_000;
export const invitationDays = 7;

export interface InviteUser {
  /** Undefined for a role for all tenants. */
  tenantId: TenantId | undefined;
  email: string;
  role: Role;
}

/**
 * Lets whoever signs in with a verified e-mail address become a member.
 * @throws {ValidationError} on `email` or `tenantId`; on `email` also when it is already invited or belongs to a user.
 */
export async function inviteUser(
  em: SqlEntityManager,
  principal: Principal,
  input: InviteUser,
  now: Date,
): Promise<NewInvitation> {
  const { role } = input;
  const tenantId = input.tenantId ?? null;
  if (isPlatformRole(role) !== (tenantId === null))
    throw new ValidationError(
      isPlatformRole(role) ? `Whoever has the role ${role} belongs to no tenant.` : "'tenantId' is required.",
      'tenantId',
    );
  const email = emailAddress(input.email);
  if (email === undefined) throw new ValidationError("'email' must be an e-mail address", 'email');
  const expiresAt = new Date(now.getTime() + invitationDays * dayMs);
  const invitedBy = auditNames(principal).actor;
  const invitation = { id: uuidv7(), tenantId, role, email, invitedBy, createdAt: now, expiresAt };
  return addToTenant(tenantId, () =>
    audited(em, principal, now, async (em) => {
      await lockInvitations(em, tenantId, email);
      if (await findPendingInvitation(em, tenantId, email, now))
        throw new ValidationError(`'email': '${email}' is already invited`, 'email');
      if (await hasUser(em, tenantId, email))
        throw new ValidationError(`'email': '${email}' already belongs to a user`, 'email');
      await insertInvitation(em, invitation);
      const details = { email, role, expiresAt: expiresAt.toISOString() };
      return {
        result: invitation,
        act: { action: 'invitation.create', tenantId, target: invitation.id, details },
      };
    }),
  );
}

/**
 * Revokes an invitation. Revoking it again changes nothing.
 * @throws {ForbiddenError} when the caller's tenant has no invitation with the id, whether another tenant has or not.
 * @throws {NotFoundError} for superusers when there is none.
 * @throws {ValidationError} on `id` when it was accepted.
 */
export async function revokeInvitation(
  em: SqlEntityManager,
  principal: Principal,
  id: string,
  now: Date,
): Promise<Invitation> {
  const within = principal.kind === 'superuser' ? undefined : targetTenant(principal, undefined);
  return audited(em, principal, now, async (em) => {
    const invitation = await lockInvitation(em, within, id);
    if (!invitation && within !== undefined)
      throw refusal(principal, 'revoke an invitation that is not to its tenant', neededElsewhere(principal), 'id');
    if (!invitation) throw new NotFoundError(`There is no invitation '${id}'.`, 'id');
    if (invitation.acceptedAt) throw new ValidationError('The invitation was accepted.', 'id');
    if (invitation.revokedAt) return { result: invitation, act: undefined };
    const { email, role } = invitation;
    const tenantId = invitation.tenantId ?? null;
    await markInvitationRevoked(em, tenantId, id, now);
    return {
      result: { ...invitation, revokedAt: now },
      act: { action: 'invitation.revoke', tenantId, target: id, details: { email, role } },
    };
  });
}
