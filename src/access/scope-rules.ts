import type { Principal } from '../platform/principal.ts';
import type { NamedTenant, ScopeRules } from '../platform/request-context.ts';

/**
 * Who may do what: the one place where a principal becomes permissions. Every rule about a tenant also holds that it
 * is the caller's own.
 */
export function scopeRules(principal: Principal): ScopeRules {
  switch (principal.kind) {
    case 'anonymous':
      return { authenticated: false, superuser: false, readUsage: never, recordUsage: false, administer: never };
    case 'guest':
      return { authenticated: true, superuser: false, readUsage: never, recordUsage: false, administer: never };
    case 'superuser':
      return { authenticated: true, superuser: true, readUsage: always, recordUsage: true, administer: always };
    case 'member': {
      const own = ownTenant(principal.tenantId);
      const admin = principal.role === 'TENANT_ADMIN';
      return {
        authenticated: true,
        superuser: false,
        readUsage: own,
        recordUsage: admin,
        administer: admin ? own : never,
      };
    }
    case 'impersonator': {
      const own = ownTenant(principal.tenantId);
      return { authenticated: true, superuser: false, readUsage: own, recordUsage: false, administer: never };
    }
    case 'service': {
      const own = ownTenant(principal.tenantId);
      const may = (scope: 'usage:read' | 'usage:write') => principal.scopes.includes(scope);
      return {
        authenticated: true,
        superuser: false,
        readUsage: may('usage:read') ? own : never,
        recordUsage: may('usage:write'),
        administer: never,
      };
    }
  }
}

const always = () => true;
const never = () => false;
const ownTenant = (own: string) => (named: NamedTenant) => named === null || named === undefined || named === own;
