import { removalOf } from '../tenancy/tenant-removal.repository.ts';

export const statementsRemoval = removalOf('statement_line', 'statement_adjustment', 'statement_zone');
