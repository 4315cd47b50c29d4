import { builder } from '../../graphql/builder.ts';
import { isLeftOut, targetTenant, type Scope } from '../../caller/principal.ts';
import { readable } from '../../values/unreadable.ts';
import { tenantLoader } from '../../tenancy/tenant.loader.ts';
import type { ApiKey } from './api-key.entity.ts';
import { apiKeyPrefix } from './api-key-format.ts';
import { listApiKeys } from './api-key.repository.ts';
import { assertMayGrant, createApiKey, revokeApiKey, rotateApiKey, type CreatedApiKey } from './api-key.service.ts';
import { RoleRef } from '../viewer.type.ts';

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

builder.queryField('apiKeys', (t) =>
  t.field({
    type: [ApiKeyRef],
    description: 'API keys of a tenant, newest first, revoked and expired ones too.',
    args: {
      tenantId: t.arg.id({ description: "The tenant; otherwise your own, and for superusers the superusers' keys." }),
    },
    authScopes: (_parent, args) => ({ readAdministration: args.tenantId }),
    resolve: async (_parent, { tenantId }, context) => {
      if (context.scopes.superuser && isLeftOut(tenantId)) return listApiKeys(context.em, null);
      const tenant = await context.once(tenantLoader).load(targetTenant(context.principal, tenantId));
      return listApiKeys(context.em, tenant.id);
    },
  }),
);

const CreatedApiKeyRef = builder.objectRef<CreatedApiKey>('CreatedApiKey').implement({
  description: 'A key whose secret was just made.',
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
      assertMayGrant(context.principal, input.role);
      const ofSuperuser = input.role === 'SUPERUSER' && isLeftOut(tenantId);
      return createApiKey(
        context.em,
        context.principal,
        {
          tenantId: ofSuperuser ? undefined : targetTenant(context.principal, tenantId),
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

builder.mutationField('rotateApiKey', (t) =>
  t.field({
    type: CreatedApiKeyRef,
    description:
      'Gives a key another secret under the same id. The one it had lives on for `graceSeconds`; one that still lives from the rotation before ends at once. VALIDATION_ERROR on `id` for a key that is revoked or has expired.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of a key of your tenant; of any key for superusers.' }),
      graceSeconds: t.arg.int({
        defaultValue: 0,
        description: 'How long the secret it had still opens the door: 0 to 2,592,000 seconds, which is 30 days.',
      }),
    },
    authScopes: { administer: null },
    resolve: (_parent, { id, graceSeconds }, context) =>
      rotateApiKey(context.em, context.principal, { id, graceSeconds: graceSeconds ?? 0 }, context.now),
  }),
);

builder.mutationField('revokeApiKey', (t) =>
  t.field({
    type: ApiKeyRef,
    description:
      'Ends a key for good, on every instance within 5 seconds. A key that is revoked already stays as it is.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of a key of your tenant; of any key for superusers.' }),
    },
    authScopes: { administer: null },
    resolve: (_parent, { id }, context) => revokeApiKey(context.em, context.principal, id, context.now),
  }),
);
