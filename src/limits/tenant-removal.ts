import { removalOf } from '../tenancy/tenant-removal.repository.ts';

export const limitsRemoval = removalOf('budget', 'budget_counter', 'budget_event', 'reservation', 'budget_hold');
