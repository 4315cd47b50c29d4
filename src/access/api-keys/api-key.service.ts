import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Act } from '../../audit/audit.repository.ts';
import { audited } from '../../audit/audited.ts';
import { checkRateLimit, type RateLimitChange } from '../../tenancy/rate-limit.ts';
import { addToTenant } from '../../tenancy/tenant.service.ts';
import { NotFoundError, ValidationError } from '../../values/errors.ts';
import { identifier, type TenantId } from '../../values/identifier.ts';
import {
  isPlatformRole,
  ownRateLimit,
  subjectOf,
  targetTenant,
  type Principal,
  type Role,
  type Scope,
} from '../../caller/principal.ts';
import { neededElsewhere, refusal } from '../../caller/refusal.ts';
import { tell } from '../../outbox/outbox.repository.ts';
import type { News } from '../../outbox/telling-sql.ts';
import type { ApiKey } from './api-key.entity.ts';
import { newApiKey } from './api-key-format.ts';
import {
  findApiKey,
  insertApiKey,
  insertApiKeyOnce,
  listApiKeys,
  lockApiKey,
  updateApiKey,
} from './api-key.repository.ts';

export interface CreateApiKey {
  /** Undefined for a key with a role for all tenants. */
  tenantId: TenantId | undefined;
  name: string;
  /** A role, or scopes; never both. */
  role: Role | undefined;
  scopes: readonly Scope[] | undefined;
  expiresAt: Date | undefined;
  /** In place of that of the settings. */
  rateLimit: RateLimitChange;
}

export interface CreatedApiKey {
  apiKey: ApiKey;
  secret: string;
}

/**
 * Creates a key. Its secret is in the answer and stored nowhere.
 * @throws {ValidationError} unless there is either a role or scopes, a tenant where one is needed, a future expiry, and
 * a rate limit within its bounds.
 * @throws {NotFoundError} when there is no such tenant.
 */
export async function createApiKey(
  em: SqlEntityManager,
  principal: Principal,
  input: CreateApiKey,
  now: Date,
): Promise<CreatedApiKey> {
  const { tenantId, role, expiresAt } = input;
  const scopes = [...new Set(input.scopes ?? [])];
  const name = identifier(input.name, 'name');
  if ((role === undefined) === (scopes.length === 0))
    throw new ValidationError('Give the key either a role or scopes.', role === undefined ? 'role' : 'scopes');
  if (isPlatformRole(role) !== (tenantId === undefined))
    throw new ValidationError(
      isPlatformRole(role) ? `A key with the role ${role} belongs to no tenant.` : "'tenantId' is required.",
      'tenantId',
    );
  if (expiresAt && expiresAt <= now) throw new ValidationError("'expiresAt' must be in the future", 'expiresAt');
  checkRateLimit(input.rateLimit);
  const { callsPerSecond = null, requestsPerSecond = null } = input.rateLimit;
  const { id, secret, hash } = newApiKey();
  const row = { id, tenantId: tenantId ?? null, name, secretHash: hash, role: role ?? null, scopes };
  return addToTenant(tenantId, () =>
    audited(em, principal, now, async (em) => {
      const apiKey = await insertApiKey(em, {
        ...row,
        expiresAt: expiresAt ?? null,
        callsPerSecond,
        requestsPerSecond,
      });
      return { result: { apiKey, secret }, act: actOn(apiKey, 'key.create') };
    }),
  );
}

/** Only superusers give roles for all tenants, to people and to keys. @throws {ForbiddenError} */
export function assertMayGrant(principal: Principal, role: Role | null | undefined): void {
  if (isPlatformRole(role) && principal.kind !== 'superuser')
    throw refusal(principal, `give the role ${role}`, 'a superuser', 'role');
}

export const maxGraceSeconds = 30 * 24 * 60 * 60;

/**
 * Gives a key a new secret under the same id. The current one stays valid for the grace period; one that was still valid
 * from an earlier rotation ends at once. The new secret is in the answer and stored nowhere.
 * @throws {ValidationError} on `graceSeconds`, and on `id` when the key is revoked or has expired.
 * @throws {NotFoundError} on `id` for superusers. @throws {ForbiddenError} on `id` for everybody else.
 */
export async function rotateApiKey(
  em: SqlEntityManager,
  principal: Principal,
  { id, graceSeconds }: { id: string; graceSeconds: number },
  now: Date,
): Promise<CreatedApiKey> {
  if (!Number.isInteger(graceSeconds) || graceSeconds < 0 || graceSeconds > maxGraceSeconds)
    throw new ValidationError(`'graceSeconds' must be from 0 to ${maxGraceSeconds}`, 'graceSeconds');
  const tenantId = await tenantOfKey(em, principal, identifier(id, 'id'));
  const { secret, hash } = newApiKey(id);
  return audited(em, principal, now, async (em) => {
    const key = (await lockApiKey(em, tenantId, id)) ?? refuse(principal, id);
    if (key.revokedAt) throw new ValidationError(`The key '${id}' is revoked.`, 'id');
    if (key.expiresAt && key.expiresAt <= now) throw new ValidationError(`The key '${id}' has expired.`, 'id');
    const previousSecretUntil = graceSeconds > 0 ? new Date(now.getTime() + graceSeconds * 1000) : null;
    const apiKey = await updateApiKey(em, key, {
      secretHash: hash,
      previousSecretHash: previousSecretUntil && key.secretHash,
      previousSecretUntil,
    });
    return { result: { apiKey, secret }, act: actOn(apiKey, 'key.rotate', { graceSeconds }) };
  });
}

/**
 * Revokes a key for good, with the secret before its last rotation. Revoking it again changes nothing.
 * @throws {NotFoundError} on `id` for superusers. @throws {ForbiddenError} on `id` for everybody else.
 */
export async function revokeApiKey(em: SqlEntityManager, principal: Principal, id: string, now: Date): Promise<ApiKey> {
  const tenantId = await tenantOfKey(em, principal, identifier(id, 'id'));
  return audited(em, principal, now, async (em) => {
    const key = (await lockApiKey(em, tenantId, id)) ?? refuse(principal, id);
    if (key.revokedAt) return { result: key, act: undefined };
    const apiKey = await updateApiKey(em, key, {
      revokedAt: now,
      previousSecretHash: null,
      previousSecretUntil: null,
    });
    if (tenantId) await tell(em, revokedNews(tenantId, apiKey, principal), now);
    return { result: apiKey, act: actOn(apiKey, 'key.revoke') };
  });
}

const revokedNews = (tenantId: TenantId, { id, name }: ApiKey, principal: Principal): News => ({
  tenantId,
  event: 'KEY_REVOKED',
  key: `revoked ${id}`,
  data: { keyId: id, name, revokedBy: subjectOf(principal) },
});

/** The tenant of the key: the caller's own, or for superusers whichever it is; null for a key of the platform. */
async function tenantOfKey(em: SqlEntityManager, principal: Principal, id: string): Promise<TenantId | null> {
  if (principal.kind !== 'superuser') return targetTenant(principal, undefined);
  const key = (await findApiKey(em, id)) ?? refuse(principal, id);
  return key.tenantId ?? null;
}

/** Only superusers learn whether a key of another tenant exists. */
function refuse(principal: Principal, id: string): never {
  if (principal.kind === 'superuser') throw new NotFoundError(`There is no key '${id}'.`, 'id');
  throw refusal(principal, 'change a key that is not of its tenant', neededElsewhere(principal), 'id');
}

const actOn = (apiKey: ApiKey, action: string, more: Record<string, unknown> = {}): Act => {
  const { id, tenantId = null, name, role = null, scopes, expiresAt } = apiKey;
  const details = { name, role, scopes, expiresAt: expiresAt?.toISOString() ?? null, ...ownRateLimit(apiKey), ...more };
  return { action, tenantId, target: id, details };
};

const firstKeyId = 'first';

/** Creates the first superuser's key, once per database however many instances start; undefined if it exists. */
export async function createFirstSuperuserKey(em: SqlEntityManager): Promise<string | undefined> {
  const { id, secret, hash } = newApiKey(firstKeyId);
  const row = { id, name: 'First superuser', secretHash: hash, role: 'SUPERUSER' as const, scopes: [] };
  return (await insertApiKeyOnce(em, row)) ? secret : undefined;
}

/** Whether a superuser's key exists that was not revoked. */
export const hasSuperuserKey = async (em: SqlEntityManager): Promise<boolean> =>
  (await listApiKeys(em, null)).some(({ revokedAt }) => revokedAt === null);
