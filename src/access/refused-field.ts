import type { Principal } from '../caller/principal.ts';
import { neededElsewhere, refusal } from '../caller/refusal.ts';
import type { NamedTenant, RefusedField, ScopeRules } from '../caller/request-context.ts';
import type { GatewayError } from '../values/errors.ts';

/** What would open a field, by the scope that it requires. */
const needed: Readonly<Record<keyof ScopeRules, string>> = {
  authenticated: 'an API key or a token',
  superuser: 'a superuser',
  readPlatform: 'a superuser',
  impersonator: 'an impersonation',
  belongsTo: 'an invitation to the tenant',
  readUsage: 'the scope usage:read or a role in the tenant',
  recordUsage: 'the scope usage:write or the role TENANT_ADMIN',
  readAdministration: 'the role TENANT_ADMIN',
  administer: 'the role TENANT_ADMIN',
};

const rolesOfTenants: ReadonlySet<keyof ScopeRules> = new Set(['belongsTo', 'readUsage', 'recordUsage']);

/**
 * The error for a caller who may not ask for a field. It is the same whether the thing exists or not, and the same for every
 * tenant but the caller's own.
 */
export function refusedField(principal: Principal, { type, name, scopes }: RefusedField): GatewayError {
  const verb = verbs[type];
  const asked = verb ? `${verb} ${name}` : `ask ${type}.${name}`;
  const isElsewhere = scopes.some(({ tenant }) => isForeign(principal, tenant));
  if (isElsewhere) return refusal(principal, `${asked} of another tenant`, neededElsewhere(principal));
  return refusal(principal, asked, neededBy(principal, scopes));
}

/** What callers do with the fields of root types. */
const verbs: Readonly<Record<string, string>> = { Query: 'ask', Mutation: 'call', Subscription: 'subscribe to' };

const isForeign = (principal: Principal, tenant: NamedTenant) =>
  'tenantId' in principal && typeof tenant === 'string' && tenant !== principal.tenantId;

function neededBy(principal: Principal, scopes: RefusedField['scopes']): string {
  // Of several scopes one is enough, and that of superusers always is.
  const scope = scopes.find((one) => one.scope === 'superuser')?.scope ?? scopes[0]?.scope ?? 'superuser';
  if (principal.kind === 'impersonator') return neededElsewhere(principal);
  if (principal.kind === 'guest' && rolesOfTenants.has(scope)) return neededElsewhere(principal);
  return needed[scope];
}
