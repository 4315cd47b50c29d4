import { builder } from '../graphql/builder.ts';
import { UnauthenticatedError } from '../values/errors.ts';
import type { Principal, Role } from '../caller/principal.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { TenantRef } from '../tenancy/tenant.type.ts';

export const RoleRef = builder.enumType('Role', {
  description: 'What a caller may do.',
  values: {
    SUPERUSER: { description: 'Platform admin: everything, in every tenant.' },
    TENANT_ADMIN: { description: 'Reads and records in its tenant, and administers it.' },
    TENANT_MEMBER: { description: 'Reads its tenant.' },
  } satisfies Record<Role, { description: string }>,
});

type SignedIn = Exclude<Principal, { kind: 'anonymous' }>;

export const ViewerRef = builder.objectRef<SignedIn>('Viewer').implement({
  description: 'Who is asking.',
  fields: (t) => ({
    role: t.field({
      type: RoleRef,
      description:
        'Role of the caller. A service key, which has scopes instead, and a user without a membership count as members.',
      resolve: roleOf,
    }),
    tenant: t.field({
      type: TenantRef,
      nullable: true,
      description: 'Tenant that the caller belongs to, or reads for; null for superusers and without a membership.',
      resolve: (viewer, _args, context) =>
        'tenantId' in viewer ? context.once(tenantLoader).load(viewer.tenantId) : null,
    }),
    subject: t.exposeString('subject', {
      description:
        'Stable name of who acts: "key:" and the id of the API key, or "user:" and the id of the user. Under an impersonation it is the superuser.',
    }),
    scopes: t.stringList({
      description: 'What the caller may do with usage: "usage:read", "usage:write".',
      resolve: (viewer, _args, context) => {
        if (viewer.kind === 'service') return [...viewer.scopes];
        if (viewer.kind === 'guest') return [];
        return context.scopes.recordUsage ? ['usage:read', 'usage:write'] : ['usage:read'];
      },
    }),
  }),
});

function roleOf(viewer: SignedIn): Role {
  if (viewer.kind === 'superuser') return 'SUPERUSER';
  if (viewer.kind === 'impersonator') return 'TENANT_ADMIN';
  return viewer.kind === 'member' ? viewer.role : 'TENANT_MEMBER';
}

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    description: 'Who is asking, and for which tenant.',
    resolve: (_parent, _args, { principal }) => {
      if (principal.kind === 'anonymous') throw new UnauthenticatedError();
      return principal;
    },
  }),
);
