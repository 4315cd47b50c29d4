import { removalOf } from '../tenancy/tenant-removal.repository.ts';

export const ingestRemoval = removalOf('span_link');
