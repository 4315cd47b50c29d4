import { ForbiddenError, UnauthenticatedError, type GatewayError } from '../values/errors.ts';
import type { Principal } from './principal.ts';

/** A caller in words: "This key (usage:read of acme)". */
function inWords(principal: Exclude<Principal, { kind: 'anonymous' }>): string {
  const who = principal.subject.startsWith('user:') ? 'This user' : 'This key';
  switch (principal.kind) {
    case 'superuser':
      return `${who} (a superuser)`;
    case 'platformViewer':
      return `${who} (a platform viewer)`;
    case 'member':
      return `${who} (${principal.role} of ${principal.tenantId})`;
    case 'service':
      return `${who} (${principal.scopes.join(' and ')} of ${principal.tenantId})`;
    case 'impersonator':
      return `This impersonation (reading ${principal.tenantId})`;
    case 'guest':
      return `${who} (without a membership)`;
  }
}

/**
 * The error for a caller who may not do something. It says who the caller is, what was asked and what that needs, as in
 * `refusal(principal, 'ask allUsage', 'a superuser')`. Nothing in it may depend on what exists.
 */
export function refusal(principal: Principal, asked: string, needed: string, field?: string): GatewayError {
  if (principal.kind === 'anonymous') return new UnauthenticatedError();
  return new ForbiddenError(`${inWords(principal)} may not ${asked}; that needs ${needed}.`, field);
}

/** What this caller would need for another tenant. Only superusers learn whether that tenant exists. */
export const neededElsewhere = ({ kind }: Principal): string => {
  if (kind === 'guest') return 'an invitation to the tenant';
  return kind === 'impersonator' ? "the superuser's own key or token" : 'a superuser';
};
