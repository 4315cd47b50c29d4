import type { RequestContext } from '../caller/request-context.ts';
import { batchLoader, inOrder } from '../graphql/loader.ts';
import type { TenantId } from '../values/identifier.ts';
import type { ModelPrice } from './model-price.entity.ts';
import { findModelPricesById } from './model-price.repository.ts';

interface Key {
  tenantId: TenantId;
  id: string;
}

/** Prices of calls by id, all of a request in one statement; null for one that is no longer there. */
export const modelPriceLoader = ({ em }: RequestContext) =>
  batchLoader<Key, ModelPrice | null>(
    async (keys) =>
      inOrder(keys, await findModelPricesById(em, keys), {
        keyOf: ({ id }) => id,
        rowKey: ({ id }) => id,
        missing: () => null,
      }),
    ({ tenantId, id }) => JSON.stringify([tenantId, id]),
  );
