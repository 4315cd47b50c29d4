import { removalOf } from '../tenancy/tenant-removal.repository.ts';
import { tableLevels } from './levels.ts';

/**
 * The mark first: a fold that is running has locked it, and what the fold still writes to the summaries is there when
 * they are deleted.
 */
export const rollupRemoval = removalOf(
  'rollup_mark',
  'unfolded',
  ...tableLevels.map(({ table }) => table),
  'kept_span',
  'cost_revision',
  'tag_name',
  'tag_value',
);
