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
  description: 'Somebody who has signed in with a token of the trusted issuer.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the user, which audit events show as "user:" and the id.' }),
    email: t.exposeString('email', {
      description:
        'E-mail address that the issuer last verified. For a user without a membership it may be unverified, or empty when the issuer gave none.',
    }),
    name: t.exposeString('name', { nullable: true, description: 'Name; null when the issuer gave none.' }),
    role: t.field({
      type: RoleRef,
      description: 'Role of the user. A user without a membership, who may only query `viewer`, shows as a member.',
      resolve: (user) => user.role ?? 'TENANT_MEMBER',
    }),
    tenant: t.field({
      type: TenantRef,
      nullable: true,
      description: 'Tenant of the user; null for superusers and users without a membership.',
      resolve: (user, _args, context) => (user.tenantId ? context.once(tenantLoader).load(user.tenantId) : null),
    }),
  }),
});

const UserConnection = connectionType('User', UserRef);

builder.queryField('users', (t) =>
  t.field({
    type: UserConnection,
    description: 'Users ordered by e-mail address: all for superusers, those of their own tenant for admins.',
    args: {
      tenantId: t.arg.id({
        description:
          'Only users of this tenant; your own when left out. For superusers, leaving it out lists all users.',
      }),
      role: t.arg({ type: RoleRef, description: 'Only users with this role.' }),
      ...pageArgs(),
    },
    authScopes: (_parent, args) => ({ readAdministration: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const everywhere = context.scopes.readPlatform && isLeftOut(args.tenantId);
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
  description: 'Users and pending invitations of a tenant.',
  fields: (t) => ({
    users: t.field({
      type: UserConnection,
      description: 'Users, ordered by e-mail address.',
      args: pageArgs(),
      resolve: (tenant, args, context) => userPage(context, tenant, args),
    }),
    pendingInvitations: t.field({
      type: [InvitationRef],
      description: 'Pending invitations, oldest first.',
      resolve: (tenant, _args, { em, now }) => listPendingInvitations(em, tenant.id, now),
    }),
  }),
});

builder.queryField('tenantUsers', (t) =>
  t.field({
    type: TenantUsersRef,
    description: 'Users and pending invitations of a tenant. For its admins and superusers.',
    args: { tenantId: t.arg.id({ description: 'The tenant; your own when left out. Superusers must name it.' }) },
    authScopes: (_parent, args) => ({ readAdministration: args.tenantId }),
    resolve: (_parent, args, context) =>
      context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId)),
  }),
);
