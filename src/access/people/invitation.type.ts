import { builder } from '../../graphql/builder.ts';
import { identifier } from '../../values/identifier.ts';
import { isLeftOut, isPlatformRole, targetTenant } from '../../caller/principal.ts';
import type { Invitation } from './invitation.entity.ts';
import { tenantLoader } from '../../tenancy/tenant.loader.ts';
import { assertMayGrant } from '../api-keys/api-key.service.ts';
import {
  invitationDays,
  invitationStatus,
  inviteUser,
  revokeInvitation,
  type InvitationStatus,
} from './invitation.service.ts';
import { RoleRef } from '../viewer.type.ts';

const InvitationStatusRef = builder.enumType('InvitationStatus', {
  description: 'Status of an invitation.',
  values: {
    PENDING: { description: 'It waits for the first sign-in with its e-mail address.' },
    ACCEPTED: { description: 'Somebody signed in with its e-mail address and is a member now.' },
    REVOKED: { description: 'It was revoked.' },
    EXPIRED: { description: 'Nobody signed in with its e-mail address in time.' },
  } satisfies Record<InvitationStatus, { description: string }>,
});

type ShownInvitation = Pick<Invitation, 'id' | 'email' | 'role' | 'expiresAt'> & Partial<Invitation>;

export const InvitationRef = builder.objectRef<ShownInvitation>('Invitation').implement({
  description:
    'An invitation to become a member. The first sign-in with the invited e-mail address, verified by the issuer, accepts it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the invitation.' }),
    email: t.exposeString('email', { description: 'Invited e-mail address, in lower case.' }),
    role: t.expose('role', { type: RoleRef, description: 'Role that the user gets.' }),
    status: t.field({
      type: InvitationStatusRef,
      description: 'Status of the invitation.',
      resolve: (invitation, _args, { now }) => invitationStatus(invitation, now),
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: `Time until which it can be accepted: ${invitationDays} days after it was created.`,
    }),
  }),
});

builder.mutationField('inviteUser', (t) =>
  t.field({
    type: InvitationRef,
    description:
      'Invites somebody to a tenant, or, for superusers, with the role SUPERUSER or PLATFORM_VIEWER and no tenant. No mail is sent. VALIDATION_ERROR on `email` when the address is already invited or belongs to a user.',
    args: {
      email: t.arg.string({ required: true, description: 'E-mail address with which the user will sign in.' }),
      role: t.arg({
        type: RoleRef,
        required: true,
        description:
          'Role that the user gets. Only superusers may give SUPERUSER and PLATFORM_VIEWER, which belong to no tenant.',
      }),
      tenantId: t.arg.id({
        description:
          'Tenant of the user; your own when left out. Superusers must name it unless the role is SUPERUSER or PLATFORM_VIEWER.',
      }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { email, role, tenantId }, context) => {
      assertMayGrant(context.principal, role);
      const tenant =
        isPlatformRole(role) && isLeftOut(tenantId)
          ? undefined
          : await context.once(tenantLoader).load(targetTenant(context.principal, tenantId));
      return inviteUser(context.em, context.principal, { tenantId: tenant?.id, email, role }, context.now);
    },
  }),
);

builder.mutationField('revokeInvitation', (t) =>
  t.field({
    type: InvitationRef,
    description:
      'Revokes an invitation. Revoking it again changes nothing. VALIDATION_ERROR on `id` when it was accepted. When there is no such invitation, superusers get NOT_FOUND and everybody else FORBIDDEN.',
    args: { id: t.arg.id({ required: true, description: 'Id of the invitation.' }) },
    authScopes: { administer: null },
    resolve: (_parent, { id }, context) =>
      revokeInvitation(context.em, context.principal, identifier(id, 'id'), context.now),
  }),
);
