import { NotFoundError } from '../values/errors.ts';
import type { TenantId } from '../values/identifier.ts';
import { batchLoader, inOrder } from '../graphql/loader.ts';
import type { RequestContext } from '../caller/request-context.ts';
import type { Tenant } from './tenant.entity.ts';
import { findCompleteFrom, findTenants } from './tenant.repository.ts';

/** Tenants by id; NOT_FOUND for an id that does not exist. */
export const tenantLoader = (context: RequestContext) =>
  batchLoader<TenantId, Tenant>(
    async (ids) =>
      inOrder(ids, await findTenants(context.em, ids), {
        keyOf: (id) => id,
        rowKey: (tenant) => tenant.id,
        missing: (id) => new NotFoundError(`There is no tenant '${id}'.`),
      }),
    (id) => id,
  );

/** The instant before which the calls of a tenant have left its ledger; null where none have. */
export const completeFromLoader = (context: RequestContext) =>
  batchLoader<TenantId, Date | null>(
    async (ids) => {
      const found = await findCompleteFrom(context.em, ids);
      return ids.map((id) => found.get(id) ?? null);
    },
    (id) => id,
  );
