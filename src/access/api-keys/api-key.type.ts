import { builder } from '../../graphql/builder.ts';
import { isLeftOut, isPlatformRole, ownRateLimit, targetTenant, type Scope } from '../../caller/principal.ts';
import { readable } from '../../values/unreadable.ts';
import { RateLimitInput, RateLimitRef } from '../../tenancy/rate-limit.type.ts';
import { tenantLoader } from '../../tenancy/tenant.loader.ts';
import type { ApiKey } from './api-key.entity.ts';
import { apiKeyPrefix } from './api-key-format.ts';
import { listApiKeys } from './api-key.repository.ts';
import { assertMayGrant, createApiKey, revokeApiKey, rotateApiKey, type CreatedApiKey } from './api-key.service.ts';
import { RoleRef } from '../viewer.type.ts';

const ScopeRef = builder.enumType('Scope', {
  description: 'Permission of a service key.',
  values: {
    USAGE_READ: {
      value: 'usage:read',
      description: '`usage:read`: may read reports, agents, the ledger and the tenant.',
    },
    USAGE_WRITE: { value: 'usage:write', description: '`usage:write`: may record calls.' },
  } satisfies Record<string, { value: Scope; description: string }>,
});

const ApiKeyRef = builder.objectRef<ApiKey>('ApiKey').implement({
  description: 'An API key without its secret.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the key, which is part of the key itself.' }),
    name: t.exposeString('name', { description: 'Display name.' }),
    prefix: t.string({
      description: 'Beginning of the key, to recognise it.',
      resolve: (key) => apiKeyPrefix(key.id),
    }),
    role: t.expose('role', {
      type: RoleRef,
      nullable: true,
      description: 'Role of the holder; null for a service key.',
    }),
    scopes: t.expose('scopes', {
      type: [ScopeRef],
      description: 'Scopes of a service key; empty for a key with a role.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of creation.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Expiry; null for never.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of revocation; null when it is not revoked.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of the last use, to the minute; null for never.',
    }),
    rateLimit: t.field({
      type: RateLimitRef,
      nullable: true,
      description:
        'What the key may send to one gateway; null where the settings of the gateway apply. The limit of its tenant applies as well.',
      resolve: (key) => ownRateLimit(key),
    }),
  }),
});

builder.queryField('apiKeys', (t) =>
  t.field({
    type: [ApiKeyRef],
    description: 'API keys of a tenant, newest first, revoked and expired ones included.',
    args: {
      tenantId: t.arg.id({
        description:
          'Tenant of the keys; your own when left out. For superusers, leaving it out lists the keys with a role for all tenants.',
      }),
    },
    authScopes: (_parent, args) => ({ readAdministration: args.tenantId }),
    resolve: async (_parent, { tenantId }, context) => {
      if (context.scopes.readPlatform && isLeftOut(tenantId)) return listApiKeys(context.em, null);
      const tenant = await context.once(tenantLoader).load(targetTenant(context.principal, tenantId));
      return listApiKeys(context.em, tenant.id);
    },
  }),
);

const CreatedApiKeyRef = builder.objectRef<CreatedApiKey>('CreatedApiKey').implement({
  description: 'A key with its new secret.',
  fields: (t) => ({
    apiKey: t.expose('apiKey', { type: ApiKeyRef, description: 'The key without its secret.' }),
    secret: t.exposeString('secret', { description: 'The key itself, for the Authorization header. Shown only once.' }),
  }),
});

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'A new key, with either a role or scopes.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Display name, 1 to 200 characters.' }),
    role: t.field({
      type: RoleRef,
      description:
        'Role of the holder. Only superusers may give SUPERUSER and PLATFORM_VIEWER, which belong to no tenant.',
    }),
    scopes: t.field({ type: [ScopeRef], description: 'Scopes of a service key.' }),
    expiresAt: t.field({ type: 'DateTime', description: 'Expiry; never when left out.' }),
    rateLimit: t.field({
      type: RateLimitInput,
      description:
        'What the key may send to one gateway, in place of the settings of the gateway. The limit of its tenant applies as well. Without it, keys with the role SUPERUSER have no limit.',
    }),
  }),
});

builder.mutationField('createApiKey', (t) =>
  t.field({
    type: CreatedApiKeyRef,
    description:
      'Creates an API key of a tenant, or, for superusers, one with the role SUPERUSER or PLATFORM_VIEWER and no tenant.',
    args: {
      input: t.arg({ type: CreateApiKeyInput, required: true, description: 'The key.' }),
      tenantId: t.arg.id({
        description:
          'Tenant of the key; your own when left out. Superusers must name it unless the role is SUPERUSER or PLATFORM_VIEWER.',
      }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { input, tenantId }, context) => {
      assertMayGrant(context.principal, input.role);
      const ofPlatform = isPlatformRole(input.role) && isLeftOut(tenantId);
      return createApiKey(
        context.em,
        context.principal,
        {
          tenantId: ofPlatform ? undefined : targetTenant(context.principal, tenantId),
          name: input.name,
          role: input.role ?? undefined,
          scopes: input.scopes ?? undefined,
          expiresAt: readable(input.expiresAt, 'expiresAt'),
          rateLimit: input.rateLimit ?? {},
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
      'Gives a key a new secret under the same id. The current secret stays valid for `graceSeconds`; one that is still valid from an earlier rotation ends at once. VALIDATION_ERROR on `id` when the key is revoked or has expired.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of a key of your tenant, or of any key for superusers.' }),
      graceSeconds: t.arg.int({
        defaultValue: 0,
        description: 'How long the current secret stays valid: 0 to 2,592,000 seconds (30 days).',
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
    description: 'Revokes a key for good, on every instance within 5 seconds. Revoking it again changes nothing.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of a key of your tenant, or of any key for superusers.' }),
    },
    authScopes: { administer: null },
    resolve: (_parent, { id }, context) => revokeApiKey(context.em, context.principal, id, context.now),
  }),
);
