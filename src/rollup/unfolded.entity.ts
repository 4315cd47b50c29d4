import { defineEntity, p } from '@mikro-orm/postgresql';
import { ownRows } from '../database/row-level-security.ts';
import type { TenantId } from '../values/identifier.ts';

/**
 * A batch that the summaries of a tenant lack: the calls that one statement recorded, or a void. Its row is written by
 * the transaction that wrote the batch, and deleted by the one that takes the batch into the summaries.
 */
export const UnfoldedEntity = defineEntity({
  name: 'Unfolded',
  tableName: 'unfolded',
  ...ownRows,
  indexes: [{ name: 'unfolded_voids', properties: ['tenantId'], where: 'calls = 0' }],
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    batchId: p.uuid().primary(),
    /** How many calls it recorded; 0 for a void. */
    calls: p.integer(),
  },
});
