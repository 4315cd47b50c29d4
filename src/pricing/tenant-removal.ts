import { removalOf, type TenantRemoval } from '../tenancy/tenant-removal.repository.ts';
import { advanceModelPriceRevision } from './model-price.repository.ts';

/**
 * Gateways forget the prices that they remember, as with every change of prices: a tenant that is created again under
 * the id has none of them.
 */
export const pricingRemoval: TenantRemoval = { ...removalOf('model_price'), begin: advanceModelPriceRevision };
