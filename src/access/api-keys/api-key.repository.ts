import { LockMode, type SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../../values/identifier.ts';
import { repeatably } from '../../database/session.ts';
import { ApiKeyEntity, type ApiKey } from './api-key.entity.ts';

/** A key by the id in it. A lookup without a tenant, since the key determines the tenant. */
export async function findApiKey(em: SqlEntityManager, id: string): Promise<ApiKey | null> {
  return repeatably(em, () => em.findOne(ApiKeyEntity, { id }));
}

/** Keys of a tenant, or of superusers, newest first, revoked and expired ones included. */
export async function listApiKeys(em: SqlEntityManager, tenantId: TenantId | null): Promise<ApiKey[]> {
  return repeatably(em, () =>
    em.find(ApiKeyEntity, { tenantId }, { orderBy: { createdAt: 'desc', id: 'desc' }, disableIdentityMap: true }),
  );
}

/** A key of a tenant, or one of superusers, locked until the transaction ends. */
export async function lockApiKey(em: SqlEntityManager, tenantId: TenantId | null, id: string): Promise<ApiKey | null> {
  return em.findOne(ApiKeyEntity, { id, tenantId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}

/** Changes a key that is locked. */
export async function updateApiKey(
  em: SqlEntityManager,
  key: ApiKey,
  change: Partial<Pick<ApiKey, 'secretHash' | 'previousSecretHash' | 'previousSecretUntil' | 'revokedAt'>>,
): Promise<ApiKey> {
  Object.assign(key, change);
  await em.flush();
  return key;
}

export type NewApiKeyRow = Pick<ApiKey, 'id' | 'name' | 'secretHash'> &
  Partial<Pick<ApiKey, 'tenantId' | 'role' | 'expiresAt'>> & { scopes?: ApiKey['scopes'] };

export async function insertApiKey(em: SqlEntityManager, row: NewApiKeyRow): Promise<ApiKey> {
  const key = em.create(ApiKeyEntity, row);
  await em.persist(key).flush();
  return key;
}

/** Adds a key unless its id is taken. Returns whether it was added. */
export async function insertApiKeyOnce(em: SqlEntityManager, row: NewApiKeyRow): Promise<boolean> {
  const key = await em.upsert(ApiKeyEntity, row, { onConflictFields: ['id'], onConflictAction: 'ignore' });
  return Buffer.compare(key.secretHash, row.secretHash) === 0;
}

/** Stores the time of a use, unless one since `notedBefore` is stored. */
export async function touchApiKey(em: SqlEntityManager, id: string, now: Date, notedBefore: Date): Promise<void> {
  const unnoted = { id, $or: [{ lastUsedAt: null }, { lastUsedAt: { $lt: notedBefore } }] };
  await repeatably(em, () => em.nativeUpdate(ApiKeyEntity, unnoted, { lastUsedAt: now }));
}
