import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { isSuperuser } from './people/portal-user.repository.ts';
import type { FailedSignIns } from '../admission/failed-sign-ins.ts';
import type { Clock } from '../values/clock.ts';
import { UnauthenticatedError } from '../values/errors.ts';
import type { Orm } from '../database/orm.ts';
import { isPlatformRole, ownRateLimit, platformPrincipal, type Principal } from '../caller/principal.ts';
import { findTenantRateLimit } from '../tenancy/tenant.repository.ts';
import type { ApiKey } from './api-keys/api-key.entity.ts';
import { apiKeyId, hashApiKey } from './api-keys/api-key-format.ts';
import { findApiKey, findKeyOfCredential, touchApiKey, type KeyOfCredential } from './api-keys/api-key.repository.ts';
import {
  findRunningImpersonation,
  impersonatorOf,
  isImpersonationToken,
} from './impersonation/impersonation.service.ts';
import { signIn } from './people/sign-in.service.ts';
import type { VerifyToken } from './token-verifier.ts';

/** Well below the five seconds within which a revocation takes effect on every instance. */
const rememberedMs = 2_000;
const rememberedKeys = 10_000;
/** How long a credential that was valid is looked up whatever else fails from its address. */
const trustedMs = 24 * 60 * 60 * 1000;
const lastUsedEveryMs = 60_000;

export interface Authenticator {
  /**
   * The principal of this `Authorization` header, sent from this address; anonymous without one.
   * @throws {UnauthenticatedError} for a credential that is malformed, unknown, expired or revoked.
   * @throws {RateLimitedError} for one not known to be valid, after too many from the address that were not.
   * @throws {OverloadedError} for a token while its issuer's keys cannot be fetched.
   */
  authenticate(authorization: string | null, address: string): Promise<Principal>;
}

/** A principal, and how long its credential is valid at most. */
interface Admission {
  principal: Principal;
  until: Date | undefined;
}

const jwtForm = /^[\w-]+\.[\w-]+\.[\w-]*$/;
const environmentKey = 'key:environment';

/** @param verifyToken Checks tokens of portal users; undefined where none are accepted. */
export function createAuthenticator(
  orm: Orm,
  superuserKey: string | undefined,
  clock: Clock,
  failedSignIns: FailedSignIns,
  verifyToken?: VerifyToken,
): Authenticator {
  const superuserHash = superuserKey === undefined ? undefined : hashApiKey(superuserKey);
  const lookups = new Map<string, { start: number; admission: Promise<Admission> }>();
  const remembered = new LRUCache<string, Admission>({ max: rememberedKeys, ttl: rememberedMs });
  const trusted = new LRUCache<string, true>({ max: rememberedKeys, ttl: trustedMs });

  const lookUp = async (token: string, hash: Buffer): Promise<Admission> => {
    const id = apiKeyId(token);
    if (id === undefined) throw new UnauthenticatedError('The API key is not valid.');
    const em = orm.em.fork();
    const key = await findKeyOfCredential(em, id);
    const now = clock();
    // Compared also where there is no key: both take the same time.
    const secret = secretOf(key, hash);
    const until = Math.min(secret?.until ?? Infinity, key.expiresAt ?? Infinity);
    if (!key.exists || !secret || key.revokedAt !== null || until <= now.getTime())
      throw new UnauthenticatedError('The API key is not valid.');
    const notedBefore = new Date(now.getTime() - lastUsedEveryMs);
    if ((key.lastUsedAt ?? -Infinity) < notedBefore.getTime()) await touchApiKey(em, id, now, notedBefore);
    return { principal: principalOf(key), until: until === Infinity ? undefined : new Date(until) };
  };

  const signInWith = async (token: string): Promise<Admission> => {
    if (!verifyToken) throw new UnauthenticatedError('This gateway accepts no tokens. Send an API key.');
    const { expiresAt, ...claims } = await verifyToken(token);
    return { principal: await signIn(orm.em.fork(), claims, clock()), until: expiresAt };
  };

  const isStillSuperuser = async (em: SqlEntityManager, subject: string, now: Date): Promise<boolean> => {
    if (subject === environmentKey) return superuserHash !== undefined;
    const [kind, id = ''] = subject.split(':');
    if (kind === 'user') return isSuperuser(em, id);
    const key = await findApiKey(em, id);
    return key !== null && key.role === 'SUPERUSER' && isLive(key, now);
  };

  const impersonate = async (token: string, hash: Buffer): Promise<Admission> => {
    const em = orm.em.fork();
    const now = clock();
    const impersonation = await findRunningImpersonation(em, token, hash, now);
    if (!impersonation || !(await isStillSuperuser(em, impersonation.superuser, now)))
      throw new UnauthenticatedError('The impersonation is over, or its token is not valid.');
    return { principal: impersonatorOf(impersonation), until: impersonation.expiresAt };
  };

  const withTenantRateLimit = async (principal: Principal): Promise<Principal> =>
    'tenantId' in principal
      ? { ...principal, tenantRateLimit: await findTenantRateLimit(orm.em.fork(), principal.tenantId) }
      : principal;

  const admit = async (token: string, hash: Buffer): Promise<Admission> => {
    if (isImpersonationToken(token)) return impersonate(token, hash);
    if (jwtForm.test(token)) return signInWith(token);
    return lookUp(token, hash);
  };

  /** Admits a credential that is not remembered, unless too many from its address have failed. */
  const admitFrom = async (address: string, token: string, hash: Buffer, memory: string): Promise<Admission> => {
    const isTrusted = trusted.has(memory);
    if (!isTrusted) failedSignIns.begin(address);
    try {
      const { principal, until } = await admit(token, hash);
      const admission = { principal: await withTenantRateLimit(principal), until };
      trusted.set(memory, true);
      if (!isTrusted) failedSignIns.pardon(address);
      return admission;
    } catch (error) {
      trusted.delete(memory);
      if (!isTrusted && !(error instanceof UnauthenticatedError)) failedSignIns.pardon(address);
      throw error;
    }
  };

  /** Requests that come together ask once: hundreds of lookups of one key would take the connections from everything else. */
  const lookUpOnce = (memory: string, look: () => Promise<Admission>): Promise<Admission> => {
    const running = lookups.get(memory);
    // Age counts from when the lookup began, however long it takes.
    const start = performance.now();
    if (running && start - running.start < rememberedMs) return running.admission;
    const remember = async () => {
      try {
        const admission = await look();
        remembered.set(memory, admission, { start });
        return admission;
      } finally {
        if (lookups.get(memory)?.start === start) lookups.delete(memory);
      }
    };
    const admission = remember();
    lookups.set(memory, { start, admission });
    return admission;
  };

  return {
    async authenticate(authorization, address) {
      if (authorization === null) return { kind: 'anonymous' };
      const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
      if (token === undefined) {
        failedSignIns.begin(address);
        throw new UnauthenticatedError();
      }
      const hash = hashApiKey(token);
      if (superuserHash && timingSafeEqual(hash, superuserHash)) return { kind: 'superuser', subject: environmentKey };
      const memory = hash.toString('base64');
      const known = remembered.get(memory);
      if (known && !(known.until && known.until <= clock())) return known.principal;
      return (await lookUpOnce(memory, () => admitFrom(address, token, hash, memory))).principal;
    },
  };
}

const isLive = (key: ApiKey, now: Date) => !key.revokedAt && (!key.expiresAt || key.expiresAt > now);

/** The secret that was sent, with its end: the current one or the one before the last rotation; null for neither. */
function secretOf(
  { secretHash, previousSecretHash, previousSecretUntil }: KeyOfCredential,
  hash: Buffer,
): { until: number | undefined } | null {
  const isCurrent = timingSafeEqual(secretHash, hash);
  const isPrevious = previousSecretHash ? timingSafeEqual(previousSecretHash, hash) : false;
  if (isCurrent) return { until: undefined };
  return isPrevious && previousSecretUntil !== null ? { until: previousSecretUntil } : null;
}

function principalOf(key: KeyOfCredential): Principal {
  const subject = `key:${key.id}`;
  const rateLimit = ownRateLimit(key);
  if (isPlatformRole(key.role)) return platformPrincipal(key.role, subject, rateLimit);
  if (!key.tenantId) throw new Error(`The key '${key.id}' has neither a tenant nor a role for all.`);
  const caller = { subject, rateLimit, tenantId: key.tenantId };
  return key.role ? { ...caller, kind: 'member', role: key.role } : { ...caller, kind: 'service', scopes: key.scopes };
}
