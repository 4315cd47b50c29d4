import { builder } from '../graphql/builder.ts';
import { UnauthenticatedError } from '../values/errors.ts';
import type { Principal, Role } from '../caller/principal.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { TenantRef } from '../tenancy/tenant.type.ts';

export const RoleRef = builder.enumType('Role', {
  description: 'Role of a user or of the holder of a key.',
  values: {
    SUPERUSER: { description: 'Platform admin: may do everything in every tenant.' },
    PLATFORM_VIEWER: { description: 'Reads everything that a superuser reads, in every tenant, and changes nothing.' },
    TENANT_ADMIN: { description: 'Reads, records and administers its tenant.' },
    TENANT_MEMBER: { description: 'Reads its tenant.' },
  } satisfies Record<Role, { description: string }>,
});

type SignedIn = Exclude<Principal, { kind: 'anonymous' }>;

export const ViewerRef = builder.objectRef<SignedIn>('Viewer').implement({
  description: 'The caller.',
  fields: (t) => ({
    role: t.field({
      type: RoleRef,
      description:
        'Role of the caller. Service keys, which have scopes instead, and users without a membership show as members.',
      resolve: roleOf,
    }),
    tenant: t.field({
      type: TenantRef,
      nullable: true,
      description:
        'Tenant that the caller belongs to, or reads while impersonating its admin; null for superusers, platform viewers and users without a membership.',
      resolve: (viewer, _args, context) =>
        'tenantId' in viewer ? context.once(tenantLoader).load(viewer.tenantId) : null,
    }),
    subject: t.exposeString('subject', {
      description:
        'Stable name of the caller: "key:" and the id of the API key, or "user:" and the id of the user. Under an impersonation it names the superuser.',
    }),
    scopes: t.stringList({
      description: 'Usage scopes of the caller: "usage:read", "usage:write".',
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
  if (viewer.kind === 'platformViewer') return 'PLATFORM_VIEWER';
  if (viewer.kind === 'impersonator') return 'TENANT_ADMIN';
  return viewer.kind === 'member' ? viewer.role : 'TENANT_MEMBER';
}

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    description: 'The caller: who it is and which tenant it belongs to.',
    resolve: (_parent, _args, { principal }) => {
      if (principal.kind === 'anonymous') throw new UnauthenticatedError();
      return principal;
    },
  }),
);
