import { builder } from '../../graphql/builder.ts';
import {
  connectionType,
  pageArgs,
  readPage,
  toConnection,
  type Page,
  type PageArgs,
} from '../../graphql/connection.ts';
import { isLeftOut, targetTenant, type Role } from '../../caller/principal.ts';
import type { RequestContext } from '../../caller/request-context.ts';
import { listPendingInvitations } from './invitation.repository.ts';
import type { PortalUser } from './portal-user.entity.ts';
import { listPortalUsers, type PortalUserKey } from './portal-user.repository.ts';
import type { Tenant } from '../../tenancy/tenant.entity.ts';
import { tenantLoader } from '../../tenancy/tenant.loader.ts';
import { TenantRef } from '../../tenancy/tenant.type.ts';
import { InvitationRef } from './invitation.type.ts';
import { RoleRef } from '../viewer.type.ts';

const UserRef = builder.objectRef<PortalUser>('User').implement({
  description: 'Somebody who has signed in with a token of the issuer that the gateway trusts.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the user; audit events name it "user:" and the id.' }),
    email: t.exposeString('email', {
      description:
        'E-mail address as the issuer last verified it. Without a membership it may be one that the issuer has not verified, or empty where it gave none.',
    }),
    name: t.exposeString('name', { nullable: true, description: 'Name; null where the issuer gave none.' }),
    role: t.field({
      type: RoleRef,
      description: 'Role of the user. Who has no membership, and so may only ask `viewer`, counts as a member.',
      resolve: (user) => user.role ?? 'TENANT_MEMBER',
    }),
    tenant: t.field({
      type: TenantRef,
      nullable: true,
      description: 'Tenant that the user belongs to; null for superusers and without a membership.',
      resolve: (user, _args, context) => (user.tenantId ? context.once(tenantLoader).load(user.tenantId) : null),
    }),
  }),
});

const UserConnection = connectionType('User', UserRef);

builder.queryField('users', (t) =>
  t.field({
    type: UserConnection,
    description: 'Users by e-mail address: all of them for superusers, those of the own tenant for its admins.',
    args: {
      tenantId: t.arg.id({ description: 'Only users of this tenant; otherwise your own, and for superusers all.' }),
      role: t.arg({ type: RoleRef, description: 'Only users with this role.' }),
      ...pageArgs(),
    },
    authScopes: (_parent, args) => ({ readAdministration: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const everywhere = context.scopes.superuser && isLeftOut(args.tenantId);
      const tenant = everywhere
        ? undefined
        : await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
      return userPage(context, tenant, args, args.role ?? undefined);
    },
  }),
);

async function userPage({ em }: RequestContext, tenant: Tenant | undefined, args: PageArgs, role?: Role) {
  const page = readUserPage(args);
  const users = await listPortalUsers(em, tenant?.id, role, page);
  return toConnection(users, page, ({ email, id }) => [email, id]);
}

function readUserPage(args: PageArgs): Page<PortalUserKey> {
  const { first, after } = readPage(args, 2);
  if (!after) return { first, after: undefined };
  const [email = '', id = ''] = after;
  return { first, after: { email, id } };
}

const TenantUsersRef = builder.objectRef<Tenant>('TenantUsers').implement({
  description: 'Who belongs to a tenant, and who is invited.',
  fields: (t) => ({
    users: t.field({
      type: UserConnection,
      description: 'Its users by e-mail address.',
      args: pageArgs(),
      resolve: (tenant, args, context) => userPage(context, tenant, args),
    }),
    pendingInvitations: t.field({
      type: [InvitationRef],
      description: 'Invitations that wait for a sign-in, oldest first.',
      resolve: (tenant, _args, { em, now }) => listPendingInvitations(em, tenant.id, now),
    }),
  }),
});

builder.queryField('tenantUsers', (t) =>
  t.field({
    type: TenantUsersRef,
    description: 'Users and pending invitations of a tenant. For its admins and superusers.',
    args: { tenantId: t.arg.id({ description: 'The tenant; required for superusers, otherwise your own.' }) },
    authScopes: (_parent, args) => ({ readAdministration: args.tenantId }),
    resolve: (_parent, args, context) =>
      context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId)),
  }),
);
