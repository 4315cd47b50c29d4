import { removalOf } from '../tenancy/tenant-removal.repository.ts';

/** What statements hold keeps a tenant. */
export const statementsRemoval = removalOf('statement_zone');
