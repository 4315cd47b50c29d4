import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { ForbiddenError, ValidationError } from '../platform/errors.ts';
import { identifier, type TenantId } from '../platform/identifier.ts';
import type { Role, Scope } from '../platform/principal.ts';
import type { ApiKey } from './api-key.entity.ts';
import { newApiKey } from './api-key-format.ts';
import { insertApiKey, insertApiKeyOnce } from './api-key.repository.ts';

export interface CreateApiKey {
  /** Undefined for a superuser's key. */
  tenantId: TenantId | undefined;
  name: string;
  /** A role, or scopes; never both. */
  role: Role | undefined;
  scopes: readonly Scope[] | undefined;
  expiresAt: Date | undefined;
}

/**
 * Makes a key. Its secret is in the answer and nowhere else.
 * @throws {ValidationError} unless there is either a role or scopes, a tenant where one is meant, and an expiry to come.
 */
export async function createApiKey(
  em: SqlEntityManager,
  input: CreateApiKey,
  now: Date,
): Promise<{ apiKey: ApiKey; secret: string }> {
  const { tenantId, role, expiresAt } = input;
  const scopes = [...new Set(input.scopes ?? [])];
  const name = identifier(input.name, 'name');
  if ((role === undefined) === (scopes.length === 0))
    throw new ValidationError('A key has either a role or scopes.', role === undefined ? 'role' : 'scopes');
  if ((role === 'SUPERUSER') !== (tenantId === undefined))
    throw new ValidationError(
      role === 'SUPERUSER' ? "A superuser's key belongs to no tenant." : "'tenantId' is required.",
      'tenantId',
    );
  if (expiresAt && expiresAt <= now) throw new ValidationError("'expiresAt' must be in the future", 'expiresAt');
  const { id, secret, hash } = newApiKey();
  const row = { id, tenantId: tenantId ?? null, name, secretHash: hash, role: role ?? null, scopes };
  const apiKey = await insertApiKey(em, { ...row, expiresAt: expiresAt ?? null });
  return { apiKey, secret };
}

/** Superusers are made, and their keys, by superusers only. @throws {ForbiddenError} */
export function assertMayGrant(isSuperuser: boolean, role: Role | null | undefined): void {
  if (role === 'SUPERUSER' && !isSuperuser) throw new ForbiddenError('Only superusers make superusers.', 'role');
}

const firstKeyId = 'first';

/** Makes the first superuser's key, once per database however many instances start; undefined when it was made before. */
export async function createFirstSuperuserKey(em: SqlEntityManager): Promise<string | undefined> {
  const { id, secret, hash } = newApiKey(firstKeyId);
  const row = { id, name: 'First superuser', secretHash: hash, role: 'SUPERUSER' as const, scopes: [] };
  return (await insertApiKeyOnce(em, row)) ? secret : undefined;
}
