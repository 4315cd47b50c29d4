import { defineEntity, p } from '@mikro-orm/postgresql';
import { ownRows } from '../database/row-level-security.ts';
import type { TenantId } from '../values/identifier.ts';
import type { OptionalLevel } from './levels.ts';

/** Summaries that stay of calls of a tenant that left the ledger together: from the span before it until `until`. */
export const KeptSpanEntity = defineEntity({
  name: 'KeptSpan',
  tableName: 'kept_span',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    /** Begin of a month of UTC. */
    until: p.datetime(3).primary(),
    /** Optional levels that were made of the calls. */
    levels: p.array().$type<OptionalLevel[]>(),
    /** Name of the clock that local days and months among them are of; null for none. */
    clock: p.text().nullable(),
  },
});
