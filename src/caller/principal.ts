import { UnauthenticatedError, ValidationError } from '../values/errors.ts';
import { tenantId, type TenantId } from '../values/identifier.ts';
import { neededElsewhere, refusal } from './refusal.ts';

export type Scope = 'usage:read' | 'usage:write';
export type Role = 'SUPERUSER' | 'TENANT_ADMIN' | 'TENANT_MEMBER';

/** Who sends a request, whatever the credential. `subject` names the caller in answers and audit rows. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'superuser'; readonly subject: string }
  | { readonly kind: 'member'; readonly subject: string; readonly tenantId: TenantId; readonly role: TenantRole }
  | {
      readonly kind: 'service';
      readonly subject: string;
      readonly tenantId: TenantId;
      readonly scopes: readonly Scope[];
    }
  /** Signed in, but without a membership. */
  | { readonly kind: 'guest'; readonly subject: string }
  /** A superuser, named by `subject`, who reads what an admin of the tenant reads. */
  | {
      readonly kind: 'impersonator';
      readonly subject: string;
      readonly tenantId: TenantId;
      readonly impersonationId: string;
    };

export type TenantRole = Exclude<Role, 'SUPERUSER'>;

/** Whoever runs the commands, which need access to the database itself. */
export const operator: Principal = { kind: 'superuser', subject: 'cli' };

/** Whether an argument was left out or is null. */
export const isLeftOut = (value: string | null | undefined): value is null | undefined =>
  value === null || value === undefined;

/**
 * The tenant of a request: the caller's own, or the one that a superuser names.
 * @throws {ValidationError} on `tenantId` when a superuser names none.
 * @throws {ForbiddenError} when another tenant is named, whether it exists or not.
 */
export function targetTenant(principal: Principal, named: string | null | undefined, field = 'tenantId'): TenantId {
  if (principal.kind === 'anonymous') throw new UnauthenticatedError();
  if (principal.kind === 'superuser') {
    if (isLeftOut(named)) throw new ValidationError(`A superuser must name the tenant: '${field}' is required.`, field);
    return tenantId(named, field);
  }
  if (principal.kind === 'guest' || (!isLeftOut(named) && named !== principal.tenantId))
    throw refusal(principal, 'act for another tenant', neededElsewhere(principal), field);
  return principal.tenantId;
}

/** Names for audit rows and voided calls: who acted, and on whose behalf if that is somebody else. */
export function auditNames(principal: Principal): { actor: string; subject: string | null } {
  if (principal.kind === 'anonymous') throw new UnauthenticatedError();
  const subject = principal.kind === 'impersonator' ? `tenant:${principal.tenantId}` : null;
  return { actor: principal.subject, subject };
}
