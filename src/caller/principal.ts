import { UnauthenticatedError, ValidationError } from '../values/errors.ts';
import { tenantId, type TenantId } from '../values/identifier.ts';
import { neededElsewhere, refusal } from './refusal.ts';

export type Scope = 'usage:read' | 'usage:write';
export type Role = PlatformRole | 'TENANT_ADMIN' | 'TENANT_MEMBER';

/** Roles for all tenants. Who has one belongs to no tenant. */
export type PlatformRole = 'SUPERUSER' | 'PLATFORM_VIEWER';

/** Calls and requests a second that are stored with a key or a tenant; null where those of the settings apply. */
export interface OwnRateLimit {
  readonly callsPerSecond: number | null;
  readonly requestsPerSecond: number | null;
}

/** The rate limit of a key's or a tenant's row; undefined when it has none of its own. */
export function ownRateLimit(row: {
  callsPerSecond?: number | null;
  requestsPerSecond?: number | null;
}): OwnRateLimit | undefined {
  const { callsPerSecond = null, requestsPerSecond = null } = row;
  return callsPerSecond === null && requestsPerSecond === null ? undefined : { callsPerSecond, requestsPerSecond };
}

interface Caller {
  readonly subject: string;
  /** Of the key that was sent. */
  readonly rateLimit?: OwnRateLimit | undefined;
}

interface CallerOfTenant extends Caller {
  readonly tenantId: TenantId;
  readonly tenantRateLimit?: OwnRateLimit | undefined;
}

/** Who sends a request, whatever the credential. `subject` names the caller in answers and audit rows. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | (Caller & { readonly kind: 'superuser' })
  /** Reads what a superuser reads, and changes nothing. */
  | (Caller & { readonly kind: 'platformViewer' })
  | (CallerOfTenant & { readonly kind: 'member'; readonly role: TenantRole })
  | (CallerOfTenant & { readonly kind: 'service'; readonly scopes: readonly Scope[] })
  /** Signed in, but without a membership. */
  | (Caller & { readonly kind: 'guest' })
  /** A superuser, named by `subject`, who reads what an admin of the tenant reads. */
  | (CallerOfTenant & { readonly kind: 'impersonator'; readonly impersonationId: string });

export type TenantRole = Exclude<Role, PlatformRole>;

export const isPlatformRole = (role: Role | null | undefined): role is PlatformRole =>
  role === 'SUPERUSER' || role === 'PLATFORM_VIEWER';

/** The principal of whoever has a role for all tenants. */
export const platformPrincipal = (role: PlatformRole, subject: string, rateLimit?: OwnRateLimit): Principal => ({
  kind: role === 'SUPERUSER' ? 'superuser' : 'platformViewer',
  subject,
  rateLimit,
});

/** Whether a caller has a role for all tenants, and so has to name the one that is meant. */
export const isOfPlatform = (
  principal: Principal,
): principal is Extract<Principal, { kind: 'superuser' | 'platformViewer' }> =>
  principal.kind === 'superuser' || principal.kind === 'platformViewer';

/** Whoever runs the commands, which need access to the database itself. */
export const operator: Principal = { kind: 'superuser', subject: 'cli' };

/** The gateway itself, in the background. */
export const gateway: Principal = { kind: 'superuser', subject: 'gateway' };

/** Whether an argument was left out or is null. */
export const isLeftOut = (value: string | null | undefined): value is null | undefined =>
  value === null || value === undefined;

/**
 * The tenant of a request: the caller's own, or the one that a superuser or platform viewer names.
 * @throws {ValidationError} on `tenantId` when one of these names none.
 * @throws {ForbiddenError} when another tenant is named, whether it exists or not.
 */
export function targetTenant(principal: Principal, named: string | null | undefined, field = 'tenantId'): TenantId {
  if (principal.kind === 'anonymous') throw new UnauthenticatedError();
  if (isOfPlatform(principal)) {
    const who = principal.kind === 'superuser' ? 'superuser' : 'platform viewer';
    if (isLeftOut(named)) throw new ValidationError(`A ${who} must name the tenant: '${field}' is required.`, field);
    return tenantId(named, field);
  }
  if (principal.kind === 'guest' || (!isLeftOut(named) && named !== principal.tenantId))
    throw refusal(principal, 'act for another tenant', neededElsewhere(principal), field);
  return principal.tenantId;
}

/** Whose turn it is, where callers take turns: a tenant's, that of all with a role for all tenants, or of everybody else. */
export const laneOf = (principal: Principal): string =>
  'tenantId' in principal ? `tenant ${principal.tenantId}` : isOfPlatform(principal) ? 'platform' : 'others';

/** Names for audit rows and voided calls: who acted, and on whose behalf if that is somebody else. */
export function auditNames(principal: Principal): { actor: string; subject: string | null } {
  if (principal.kind === 'anonymous') throw new UnauthenticatedError();
  const subject = principal.kind === 'impersonator' ? `tenant:${principal.tenantId}` : null;
  return { actor: principal.subject, subject };
}

/** Name of a caller. @throws {UnauthenticatedError} for one that has none. */
export function subjectOf(principal: Principal): string {
  if (principal.kind === 'anonymous') throw new UnauthenticatedError();
  return principal.subject;
}
