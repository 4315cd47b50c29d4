import { everyTenantId, findTenants } from '../tenancy/tenant.repository.ts';
import { NotFoundError } from '../values/errors.ts';
import { tenantId, type TenantId } from '../values/identifier.ts';
import type { Orm } from '../database/orm.ts';

/**
 * The tenant in `--tenant`, or all tenants.
 * @throws {NotFoundError} when the tenant does not exist.
 */
export async function tenantsOf(orm: Orm, named: string | undefined): Promise<TenantId[]> {
  const em = orm.em.fork();
  if (named === undefined) return everyTenantId(em);
  const id = tenantId(named, 'tenant');
  if ((await findTenants(em, [id])).length === 0) throw new NotFoundError(`There is no tenant '${id}'.`, 'tenant');
  return [id];
}
