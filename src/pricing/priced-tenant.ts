import type { TenantId } from '../values/identifier.ts';
import { isLeftOut, targetTenant } from '../caller/principal.ts';
import type { NamedTenant, RequestContext } from '../caller/request-context.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';

/**
 * The tenant whose prices apply: the caller's own, or the one that a superuser names. Undefined when a superuser names none,
 * which means platform prices.
 * @throws {NotFoundError} when a superuser names one that does not exist.
 */
export async function pricedTenant(context: RequestContext, named: NamedTenant): Promise<TenantId | undefined> {
  if (context.scopes.readPlatform && isLeftOut(named)) return undefined;
  return (await context.once(tenantLoader).load(targetTenant(context.principal, named))).id;
}
