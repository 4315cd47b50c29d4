import type { Principal, Scope } from '../caller/principal.ts';
import type { NamedTenant, ScopeRules } from '../caller/request-context.ts';

/**
 * Who may do what: the one place where a principal becomes permissions. Every rule about a tenant also holds that it
 * is the caller's own.
 */
export function scopeRules(principal: Principal): ScopeRules {
  switch (principal.kind) {
    case 'anonymous':
      return nothing;
    case 'guest':
      return { ...nothing, authenticated: true };
    case 'superuser':
      return {
        authenticated: true,
        superuser: true,
        impersonator: false,
        readUsage: always,
        recordUsage: true,
        readAdministration: always,
        administer: always,
      };
    case 'member': {
      const own = ownTenant(principal.tenantId);
      const member = { ...nothing, authenticated: true, readUsage: own };
      if (principal.role !== 'TENANT_ADMIN') return member;
      return { ...member, recordUsage: true, readAdministration: own, administer: own };
    }
    case 'impersonator': {
      const own = ownTenant(principal.tenantId);
      return { ...nothing, authenticated: true, impersonator: true, readUsage: own, readAdministration: own };
    }
    case 'service': {
      const may = (scope: Scope) => principal.scopes.includes(scope);
      return {
        ...nothing,
        authenticated: true,
        readUsage: may('usage:read') ? ownTenant(principal.tenantId) : never,
        recordUsage: may('usage:write'),
      };
    }
  }
}

const always = () => true;
const never = () => false;
const ownTenant = (own: string) => (named: NamedTenant) => named === null || named === undefined || named === own;

const nothing: ScopeRules = {
  authenticated: false,
  superuser: false,
  impersonator: false,
  readUsage: never,
  recordUsage: false,
  readAdministration: never,
  administer: never,
};
