import { removalOf } from '../tenancy/tenant-removal.repository.ts';

export const recordingRemoval = removalOf('closed_month', 'adjustment');
