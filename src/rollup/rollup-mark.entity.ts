import { defineEntity, p } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { ownRows } from '../database/row-level-security.ts';

/**
 * How far the summaries of a tenant follow the ledger: they hold what transactions below `foldedBelow` recorded and
 * voided, and nothing else. `foldingBelow` is where the fold that runs will put it.
 */
export const RollupMarkEntity = defineEntity({
  name: 'RollupMark',
  tableName: 'rollup_mark',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    foldedBelow: p.bigint(),
    foldingBelow: p.bigint(),
  },
});
