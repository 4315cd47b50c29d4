import { sql } from 'kysely';
import { LockMode, type SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../../values/identifier.ts';
import type { Role, Scope } from '../../caller/principal.ts';
import { prepared } from '../../database/prepared.ts';
import { inSession, repeatably } from '../../database/session.ts';
import { ApiKeyEntity, type ApiKey } from './api-key.entity.ts';

/** A key by the id in it. A lookup without a tenant, since the key determines the tenant. */
export async function findApiKey(em: SqlEntityManager, id: string): Promise<ApiKey | null> {
  return repeatably(em, () => em.findOne(ApiKeyEntity, { id }));
}

/** What decides about a credential that names a key. Times are in milliseconds since 1970. */
export interface KeyOfCredential extends Pick<ApiKey, 'id' | 'callsPerSecond' | 'requestsPerSecond'> {
  /** Whether there is a key with the id. */
  exists: boolean;
  tenantId: TenantId | null;
  role: Role | null;
  scopes: Scope[];
  secretHash: Buffer;
  previousSecretHash: Buffer | null;
  previousSecretUntil: number | null;
  expiresAt: number | null;
  revokedAt: number | null;
  lastUsedAt: number | null;
}

/** In place of the hash of a key that does not exist. */
const noHash = Buffer.alloc(32);

const milliseconds = (column: string) => sql`(extract(epoch from ${sql.ref(column)}) * 1000)::float8`;

/**
 * The key that a credential names. Where there is none the answer has the same form and takes the same time, so that nobody
 * learns by waiting which ids exist.
 */
export async function findKeyOfCredential(em: SqlEntityManager, id: string): Promise<KeyOfCredential> {
  const asked = sql<KeyOfCredential>`${marked}
    select asked.id, key.id is not null as exists, tenant_id as "tenantId", role, array_to_json(coalesce(scopes, '{}')) as scopes,
      coalesce(secret_hash, ${noHash}) as "secretHash", previous_secret_hash as "previousSecretHash",
      ${milliseconds('previous_secret_until')} as "previousSecretUntil", ${milliseconds('expires_at')} as "expiresAt",
      ${milliseconds('revoked_at')} as "revokedAt", ${milliseconds('last_used_at')} as "lastUsedAt",
      calls_per_second as "callsPerSecond", requests_per_second as "requestsPerSecond"
    from (values (${id}::text collate "C")) as asked (id) left join api_key key on key.id = asked.id`;
  const { rows } = await repeatably(em, () => asked.execute(inSession(em)));
  const [row] = rows;
  if (!row) throw new Error('There is an answer for every id.');
  return row;
}

const marked = sql.raw(prepared);

/** Keys of a tenant, or of superusers, newest first, revoked and expired ones included. */
export async function listApiKeys(em: SqlEntityManager, tenantId: TenantId | null): Promise<ApiKey[]> {
  return repeatably(em, () =>
    em.find(ApiKeyEntity, { tenantId }, { orderBy: { createdAt: 'desc', id: 'desc' }, disableIdentityMap: true }),
  );
}

/** Keys of tenants that were not revoked and expire after one instant and not after another. */
export async function findExpiringKeys(
  em: SqlEntityManager,
  tenantIds: readonly TenantId[],
  { from, until }: { from: Date; until: Date },
): Promise<ApiKey[]> {
  const expiring = { tenantId: { $in: [...tenantIds] }, expiresAt: { $gt: from, $lte: until }, revokedAt: null };
  return repeatably(em, () => em.find(ApiKeyEntity, expiring, { orderBy: { id: 'asc' }, disableIdentityMap: true }));
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
  Partial<Pick<ApiKey, 'tenantId' | 'role' | 'expiresAt' | 'callsPerSecond' | 'requestsPerSecond'>> & {
    scopes?: ApiKey['scopes'];
  };

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
