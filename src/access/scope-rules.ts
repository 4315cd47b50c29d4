import type { Principal, Scope } from '../caller/principal.ts';
import type { NamedTenant, ScopeRules } from '../caller/request-context.ts';

/**
 * Who may do what: the one place where a principal becomes permissions. Every rule about a tenant also requires that it is
 * the caller's own.
 */
export function scopeRules(principal: Principal): ScopeRules {
  switch (principal.kind) {
    case 'anonymous':
      return nothing;
    case 'guest':
      return { ...nothing, authenticated: true };
    case 'superuser':
      return {
        ...readingEverything,
        superuser: true,
        recordUsage: true,
        administer: always,
      };
    case 'platformViewer':
      return readingEverything;
    case 'member': {
      const own = ownTenant(principal.tenantId);
      const member = { ...nothing, authenticated: true, belongsTo: own, readUsage: own };
      if (principal.role !== 'TENANT_ADMIN') return member;
      return { ...member, recordUsage: true, readAdministration: own, administer: own };
    }
    case 'impersonator': {
      const own = ownTenant(principal.tenantId);
      const reading = { belongsTo: own, readUsage: own, readAdministration: own };
      return { ...nothing, authenticated: true, impersonator: true, ...reading };
    }
    case 'service': {
      const own = ownTenant(principal.tenantId);
      const may = (scope: Scope) => principal.scopes.includes(scope);
      return {
        ...nothing,
        authenticated: true,
        belongsTo: own,
        readUsage: may('usage:read') ? own : never,
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
  readPlatform: false,
  impersonator: false,
  belongsTo: never,
  readUsage: never,
  recordUsage: false,
  readAdministration: never,
  administer: never,
};

const readingEverything: ScopeRules = {
  ...nothing,
  authenticated: true,
  readPlatform: true,
  belongsTo: always,
  readUsage: always,
  readAdministration: always,
};
