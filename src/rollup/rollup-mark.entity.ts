import { defineEntity, p } from '@mikro-orm/postgresql';
import { ownRows } from '../database/row-level-security.ts';
import type { TenantId } from '../values/identifier.ts';

/** The anchor of a tenant: recording looks for it, and whoever changes the tenant's summaries has it locked. */
export const RollupMarkEntity = defineEntity({
  name: 'RollupMark',
  tableName: 'rollup_mark',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
  },
});
