import { builder } from '../platform/builder.ts';
import { targetTenant, type Scope } from '../platform/principal.ts';
import { readable } from '../platform/unreadable.ts';
import { tenantLoader } from '../identity/tenant.loader.ts';
import type { ApiKey } from './api-key.entity.ts';
import { apiKeyPrefix } from './api-key-format.ts';
import { assertMayGrant, createApiKey } from './api-key.service.ts';
import { RoleRef } from './viewer.type.ts';

const ScopeRef = builder.enumType('Scope', {
  description: 'What a service key may do.',
  values: {
    USAGE_READ: { value: 'usage:read', description: '`usage:read`: reports, agents, the ledger and the tenant.' },
    USAGE_WRITE: { value: 'usage:write', description: '`usage:write`: recording calls.' },
  } satisfies Record<string, { value: Scope; description: string }>,
});

const ApiKeyRef = builder.objectRef<ApiKey>('ApiKey').implement({
  description: 'An API key without its secret.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the key; it stands in the key itself.' }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    prefix: t.string({
      description: 'How the key begins, to recognise it by.',
      resolve: (key) => apiKeyPrefix(key.id),
    }),
    role: t.expose('role', {
      type: RoleRef,
      nullable: true,
      description: 'Role of its holder; null for a service key.',
    }),
    scopes: t.expose('scopes', { type: [ScopeRef], description: 'Scopes of a service key; empty when it has a role.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends; null for never.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null when it is not.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute; null for never.',
    }),
  }),
});

const CreatedApiKeyRef = builder.objectRef<{ apiKey: ApiKey; secret: string }>('CreatedApiKey').implement({
  description: 'A key that was just made.',
  fields: (t) => ({
    apiKey: t.expose('apiKey', { type: ApiKeyRef, description: 'The key without its secret.' }),
    secret: t.exposeString('secret', { description: 'The key itself, for the Authorization header. Shown this once.' }),
  }),
});

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'A new key: a role, or scopes.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Name for people, 1 to 200 characters.' }),
    role: t.field({
      type: RoleRef,
      description: 'Role of its holder. SUPERUSER is for superusers to give, without a tenant.',
    }),
    scopes: t.field({ type: [ScopeRef], description: 'Scopes of a service key.' }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it ends; never when left out.' }),
  }),
});

builder.mutationField('createApiKey', (t) =>
  t.field({
    type: CreatedApiKeyRef,
    description: 'Makes an API key of a tenant, or with role SUPERUSER and no tenant one of a superuser.',
    args: {
      input: t.arg({ type: CreateApiKeyInput, required: true, description: 'The key.' }),
      tenantId: t.arg.id({
        description: 'Its tenant; required for superusers unless the role is SUPERUSER, otherwise your own.',
      }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { input, tenantId }, context) => {
      assertMayGrant(context.scopes.superuser, input.role);
      const ofSuperuser = input.role === 'SUPERUSER' && (tenantId === null || tenantId === undefined);
      const tenant = ofSuperuser
        ? undefined
        : await context.once(tenantLoader).load(targetTenant(context.principal, tenantId));
      return createApiKey(
        context.em,
        {
          tenantId: tenant?.id,
          name: input.name,
          role: input.role ?? undefined,
          scopes: input.scopes ?? undefined,
          expiresAt: readable(input.expiresAt, 'expiresAt'),
        },
        context.now,
      );
    },
  }),
);
