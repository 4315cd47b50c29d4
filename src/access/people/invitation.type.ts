import { builder } from '../../graphql/builder.ts';
import { identifier } from '../../values/identifier.ts';
import { isLeftOut, targetTenant } from '../../caller/principal.ts';
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
  description: 'What an invitation has come to.',
  values: {
    PENDING: { description: 'It waits for the first sign-in with its e-mail address.' },
    ACCEPTED: { description: 'Somebody signed in with its e-mail address and has the membership.' },
    REVOKED: { description: 'It was taken back.' },
    EXPIRED: { description: 'Nobody signed in with its e-mail address in time.' },
  } satisfies Record<InvitationStatus, { description: string }>,
});

type ShownInvitation = Pick<Invitation, 'id' | 'email' | 'role' | 'expiresAt'> & Partial<Invitation>;

export const InvitationRef = builder.objectRef<ShownInvitation>('Invitation').implement({
  description:
    'A membership that waits for somebody: the first sign-in whose verified e-mail address is the invited one accepts it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the invitation.' }),
    email: t.exposeString('email', { description: 'E-mail address that is invited, in lower case.' }),
    role: t.expose('role', { type: RoleRef, description: 'Role that the user will have.' }),
    status: t.field({
      type: InvitationStatusRef,
      description: 'What it has come to.',
      resolve: (invitation, _args, { now }) => invitationStatus(invitation, now),
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: `Until when it can be accepted: ${invitationDays} days after it was made.`,
    }),
  }),
});

builder.mutationField('inviteUser', (t) =>
  t.field({
    type: InvitationRef,
    description:
      'Invites somebody into a tenant, or with role SUPERUSER and no tenant as a superuser. No mail is sent. VALIDATION_ERROR on `email` for who is invited or a user already.',
    args: {
      email: t.arg.string({ required: true, description: 'E-mail address that the user signs in with.' }),
      role: t.arg({
        type: RoleRef,
        required: true,
        description: 'Role that the user will have. SUPERUSER is for superusers to give, without a tenant.',
      }),
      tenantId: t.arg.id({
        description: 'The tenant; required for superusers unless the role is SUPERUSER, otherwise your own.',
      }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { email, role, tenantId }, context) => {
      assertMayGrant(context.principal, role);
      const tenant =
        role === 'SUPERUSER' && isLeftOut(tenantId)
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
      'Takes an invitation back. Revoking it again changes nothing. VALIDATION_ERROR on `id` when it was accepted; NOT_FOUND for superusers, FORBIDDEN for others when there is none.',
    args: { id: t.arg.id({ required: true, description: 'Id of the invitation.' }) },
    authScopes: { administer: null },
    resolve: (_parent, { id }, context) =>
      revokeInvitation(context.em, context.principal, identifier(id, 'id'), context.now),
  }),
);
