import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import { DecimalType } from '../database/decimal.type.ts';
import { ownRows } from '../database/row-level-security.ts';
import type { CostSource } from '../pricing/cost-source.type.ts';
import type { TenantId } from '../values/identifier.ts';

/** What a call cost until an instant, and why that changed. Rows are only ever added. */
export const CostRevisionEntity = defineEntity({
  name: 'CostRevision',
  tableName: 'cost_revision',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    requestId: p.text().collation('C').primary(),
    /** In the order of time. */
    id: p.uuid().primary(),
    at: p.datetime(3),
    costUsd: p.type(DecimalType).nullable(),
    costSource: p.text().$type<CostSource>().collation('C'),
    priceId: p.text().collation('C').nullable(),
    reason: p.text(),
  },
});

export type CostRevision = InferEntity<typeof CostRevisionEntity>;
