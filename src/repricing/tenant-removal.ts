import { removalOf } from '../tenancy/tenant-removal.repository.ts';

export const repricingRemoval = removalOf('reprice_change', 'reprice_job');
