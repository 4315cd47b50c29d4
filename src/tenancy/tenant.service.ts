import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { audited } from '../audit/audited.ts';
import { changedFields } from '../audit/changed-fields.ts';
import { NotFoundError, ValidationError } from '../values/errors.ts';
import { identifier, type TenantId } from '../values/identifier.ts';
import { tagName } from '../values/tags.ts';
import type { Principal } from '../caller/principal.ts';
import { isForeignKeyViolation } from '../database/transaction.ts';
import type { Tenant } from './tenant.entity.ts';
import { checkRateLimit, type RateLimitChange } from './rate-limit.ts';
import { checkRetentionDays } from './retention-days.ts';
import type { TenantBudgets } from './tenant-budgets.ts';
import { deleteTenantRow, holdUpTenant, type TenantDeletion, type TenantLedger } from './tenant-removal.repository.ts';
import { insertMissingTenants, lockTenant, updateTenantRow } from './tenant.repository.ts';

/** @throws {ValidationError} on `name`, and on `id` when the tenant exists. */
export async function createTenant(
  em: SqlEntityManager,
  principal: Principal,
  input: Pick<Tenant, 'id' | 'name' | 'timezone'>,
  now: Date,
): Promise<Tenant> {
  const { id, timezone } = input;
  const name = identifier(input.name, 'name');
  return audited(em, principal, now, async (em) => {
    const added = await insertMissingTenants(em, [{ id, name, timezone }]);
    const tenant = added.length > 0 ? await lockTenant(em, id, 'key share') : undefined;
    if (!tenant) throw new ValidationError(`The tenant '${id}' exists already.`, 'id');
    return {
      result: tenant,
      act: { action: 'tenant.create', tenantId: id, target: id, details: { name, timezone } },
    };
  });
}

/** What of a tenant is changed; what is undefined stays. */
export interface TenantChange {
  name: string | undefined;
  timezone: string | undefined;
  rateLimit: RateLimitChange;
  /** Null takes it back to the setting. */
  retentionDays: number | null | undefined;
  personalTags: readonly string[] | undefined;
}

/**
 * Changes the given fields of a tenant.
 * @throws {ValidationError} on `name`, `callsPerSecond`, `requestsPerSecond`, `retentionDays` and `personalTags`.
 * @throws {NotFoundError} on `id`.
 */
export async function updateTenant(
  em: SqlEntityManager,
  principal: Principal,
  id: TenantId,
  change: TenantChange,
  budgets: TenantBudgets,
  now: Date,
): Promise<Tenant> {
  if (change.name !== undefined) identifier(change.name, 'name');
  checkRateLimit(change.rateLimit);
  checkRetentionDays(change.retentionDays);
  const givenTags = change.personalTags && readPersonalTags(change.personalTags);
  return audited(em, principal, now, async (em) => {
    if (change.timezone !== undefined) await budgets.hold(em, id);
    const tenant = await lockTenant(em, id, 'no key update');
    if (!tenant) throw noTenant(id, 'id');
    const { name, timezone, callsPerSecond = null, requestsPerSecond = null, retentionDays = null } = tenant;
    const personalTags = givenTags ?? tenant.personalTags;
    const inWords = (tags: readonly string[]) => tags.join(', ');
    const before = {
      name,
      timezone,
      callsPerSecond,
      requestsPerSecond,
      retentionDays,
      personalTags: inWords(tenant.personalTags),
    };
    const { callsPerSecond: calls = callsPerSecond, requestsPerSecond: requests = requestsPerSecond } =
      change.rateLimit;
    const after = {
      name: change.name ?? name,
      timezone: change.timezone ?? timezone,
      callsPerSecond: calls,
      requestsPerSecond: requests,
      retentionDays: change.retentionDays === undefined ? retentionDays : change.retentionDays,
      personalTags: inWords(personalTags),
    };
    const details = changedFields(before, after);
    if (!details) return { result: tenant, act: undefined };
    await updateTenantRow(em, { id, ...after, personalTags });
    if (details['timezone']) await budgets.timezoneChanged(em, id, { before: timezone, after: after.timezone }, now);
    return {
      result: { ...tenant, ...after, personalTags },
      act: { action: 'tenant.update', tenantId: id, target: id, details },
    };
  });
}

const mostPersonalTags = 100;

function readPersonalTags(given: readonly string[]): string[] {
  const distinct = [...new Set(given.map((name) => tagName(name, 'personalTags')))].toSorted();
  if (distinct.length > mostPersonalTags)
    throw new ValidationError(`'personalTags' names more than ${mostPersonalTags} tags`, 'personalTags');
  return distinct;
}

/**
 * Deletes a tenant without calls, such as have left its ledger among them, and everything that belongs to it.
 *
 * No call may be left without its tenant. Locking the tenant's row keeps out new agents, keys and prices, but not calls,
 * which have no foreign key: whoever records shares a lock on the tenant's row in rollup_mark instead. The deletion takes
 * that row first. Earlier calls are committed by then and are found; later ones pass over the row, together with those of
 * other tenants, and are refused (call.repository.ts).
 * @throws {NotFoundError} on `id`.
 * @throws {ValidationError} on `id` while it has calls, voided ones included.
 */
export async function deleteTenant(
  em: SqlEntityManager,
  principal: Principal,
  id: TenantId,
  { rooms, ledger }: TenantDeletion,
  now: Date,
): Promise<void> {
  return audited(em, principal, now, async (em) => {
    // Asked here as well, so that a refusal holds up nobody.
    await assertNoCalls(em, ledger, id);
    await holdUpTenant(em, id);
    for (const room of rooms) await room.begin?.(em);
    const tenant = await lockTenant(em, id, 'update');
    if (!tenant) throw noTenant(id, 'id');
    await assertNoCalls(em, ledger, id);
    for (const room of rooms) await room.remove(em, id);
    await deleteTenantRow(em, id);
    const { name, timezone } = tenant;
    return {
      result: undefined,
      act: { action: 'tenant.delete', tenantId: id, target: id, details: { name, timezone } },
    };
  });
}

async function assertNoCalls(em: SqlEntityManager, ledger: TenantLedger, id: TenantId): Promise<void> {
  if (await ledger.hasCalls(em, id))
    throw new ValidationError(`The tenant '${id}' has calls. Only a tenant without calls can be deleted.`, 'id');
}

/**
 * Adds something that may refer to a tenant. The reference keeps the tenant from being deleted in the meantime.
 * @throws {NotFoundError} when the tenant does not exist, or no longer.
 */
export async function addToTenant<T>(id: TenantId | null | undefined, add: () => Promise<T>): Promise<T> {
  try {
    return await add();
  } catch (error) {
    if (id && isForeignKeyViolation(error)) throw noTenant(id);
    throw error;
  }
}

export const noTenant = (id: TenantId, field?: string) => new NotFoundError(`There is no tenant '${id}'.`, field);
