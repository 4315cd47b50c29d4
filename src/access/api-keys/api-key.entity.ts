import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import type { TenantId } from '../../values/identifier.ts';
import type { Role, Scope } from '../../caller/principal.ts';
import { ownRows } from '../../database/row-level-security.ts';

export const ApiKeyEntity = defineEntity({
  name: 'ApiKey',
  tableName: 'api_key',
  ...ownRows,
  indexes: [{ name: 'api_key_by_tenant', properties: ['tenantId', 'createdAt', 'id'] }],
  properties: {
    id: p.text().collation('C').primary(),
    /** Null for a key with a role for all tenants. */
    tenantId: p.text().$type<TenantId>().collation('C').nullable(),
    name: p.text(),
    /** SHA-256 of the key as it is sent. */
    secretHash: p.blob(),
    /** Null for a service key, which has scopes. */
    role: p.text().$type<Role>().nullable(),
    scopes: p.array().$type<Scope[]>().default([]),
    createdAt: p.datetime(3).defaultRaw('now()'),
    expiresAt: p.datetime(3).nullable(),
    revokedAt: p.datetime(3).nullable(),
    lastUsedAt: p.datetime(3).nullable(),
    /** SHA-256 of the key before its last rotation, valid until `previousSecretUntil`. */
    previousSecretHash: p.blob().nullable(),
    previousSecretUntil: p.datetime(3).nullable(),
    /** Rate limits of its own; null where those of the settings apply. */
    callsPerSecond: p.double().$type<number>().nullable(),
    requestsPerSecond: p.double().$type<number>().nullable(),
  },
});

export type ApiKey = InferEntity<typeof ApiKeyEntity>;
