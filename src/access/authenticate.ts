import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../platform/clock.ts';
import { UnauthenticatedError } from '../platform/errors.ts';
import type { Orm } from '../platform/orm.ts';
import type { Principal } from '../platform/principal.ts';
import type { ApiKey } from './api-key.entity.ts';
import { apiKeyId, hashApiKey } from './api-key-format.ts';
import { findApiKey, touchApiKey } from './api-key.repository.ts';

/** Well below the five seconds within which a revocation holds on every instance. */
const rememberedMs = 2_000;
const rememberedKeys = 10_000;
const lastUsedEveryMs = 60_000;

export interface Authenticator {
  /**
   * Who sends a request with this `Authorization` header; anonymous without one.
   * @throws {UnauthenticatedError} for a credential that is malformed, unknown, expired or revoked.
   */
  authenticate(authorization: string | null): Promise<Principal>;
}

export function createAuthenticator(orm: Orm, superuserKey: string | undefined, clock: Clock): Authenticator {
  const superuserHash = superuserKey === undefined ? undefined : hashApiKey(superuserKey);
  const remembered = new LRUCache<string, Principal>({ max: rememberedKeys, ttl: rememberedMs });

  const lookUp = async (token: string, hash: Buffer): Promise<Principal> => {
    const id = apiKeyId(token);
    if (id === undefined) throw new UnauthenticatedError('The API key is not valid.');
    const em = orm.em.fork();
    const key = await findApiKey(em, id);
    const now = clock();
    if (!key || !timingSafeEqual(key.secretHash, hash) || !isLive(key, now))
      throw new UnauthenticatedError('The API key is not valid.');
    const notedBefore = new Date(now.getTime() - lastUsedEveryMs);
    if (!key.lastUsedAt || key.lastUsedAt < notedBefore) await touchApiKey(em, id, now, notedBefore);
    return principalOf(key);
  };

  return {
    async authenticate(authorization) {
      if (authorization === null) return { kind: 'anonymous' };
      const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
      if (token === undefined) throw new UnauthenticatedError();
      const hash = hashApiKey(token);
      if (superuserHash && timingSafeEqual(hash, superuserHash))
        return { kind: 'superuser', subject: 'key:environment' };
      const memory = hash.toString('base64');
      const principal = remembered.get(memory) ?? (await lookUp(token, hash));
      if (!remembered.has(memory)) remembered.set(memory, principal);
      return principal;
    },
  };
}

const isLive = (key: ApiKey, now: Date) => !key.revokedAt && (!key.expiresAt || key.expiresAt > now);

function principalOf(key: ApiKey): Principal {
  const subject = `key:${key.id}`;
  if (!key.tenantId) return { kind: 'superuser', subject };
  if (key.role === 'TENANT_ADMIN' || key.role === 'TENANT_MEMBER')
    return { kind: 'member', subject, tenantId: key.tenantId, role: key.role };
  return { kind: 'service', subject, tenantId: key.tenantId, scopes: key.scopes };
}
