import { defineEntity, p } from '@mikro-orm/postgresql';
import { DecimalType } from '../database/decimal.type.ts';
import { ownRows } from '../database/row-level-security.ts';
import type { CostSource } from '../pricing/cost-source.type.ts';
import type { TenantId } from '../values/identifier.ts';

/** How far a repricing is prepared. */
export const RepriceJobEntity = defineEntity({
  name: 'RepriceJob',
  tableName: 'reprice_job',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    /** Hash of what was asked for: the same again goes on. */
    jobId: p.text().collation('C').primary(),
    /** Of the prices that the costs are computed by. */
    priceRevision: p.bigint('number'),
    /** The last call that was looked at; null before the first. */
    afterAt: p.datetime(3).nullable(),
    afterKey: p.text().collation('C').nullable(),
    changes: p.integer(),
    prepared: p.boolean(),
  },
});

/** A cost that a repricing is going to change. */
export const RepriceChangeEntity = defineEntity({
  name: 'RepriceChange',
  tableName: 'reprice_change',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    jobId: p.text().collation('C').primary(),
    requestId: p.text().collation('C').primary(),
    costUsdBefore: p.type(DecimalType).nullable(),
    costSourceBefore: p.text().$type<CostSource>().collation('C'),
    /** The columns of the ledger as they will be. */
    cost: p.json(),
  },
});
