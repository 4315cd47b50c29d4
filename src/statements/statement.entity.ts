import { defineEntity, p } from '@mikro-orm/postgresql';
import { DecimalType } from '../database/decimal.type.ts';
import { ownRows } from '../database/row-level-security.ts';
import type { AdjustmentReason } from '../recording/closed-month.entity.ts';
import { measuredProperties } from '../rollup/summary.entity.ts';
import type { TenantId } from '../values/identifier.ts';

/** What the calls of a model add up to in a closed month. Rows are only ever added. */
export const StatementLineEntity = defineEntity({
  name: 'StatementLine',
  tableName: 'statement_line',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    month: p.date().primary(),
    /** Both are empty for the line of all calls of the month. */
    provider: p.text().collation('C').primary(),
    model: p.text().collation('C').primary(),
    ...measuredProperties,
  },
});

/** What a closed statement holds of changes to months closed before, added up. Rows are only ever added. */
export const StatementAdjustmentEntity = defineEntity({
  name: 'StatementAdjustment',
  tableName: 'statement_adjustment',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    /** The month of the statement. */
    statementMonth: p.date().primary(),
    adjustmentId: p.uuid().primary(),
    /** The month that was closed before. */
    month: p.date(),
    reason: p.text().$type<AdjustmentReason>().collation('C'),
    provider: p.text().collation('C'),
    model: p.text().collation('C'),
    /** When the last of the changes happened. */
    at: p.datetime(3),
    calls: p.bigint(),
    costUsd: p.type(DecimalType),
  },
});

/** By which clock a tenant's months end, from one on. A tenant that never changed its time zone has none. */
export const StatementZoneEntity = defineEntity({
  name: 'StatementZone',
  tableName: 'statement_zone',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    month: p.date().primary(),
    timezone: p.text(),
  },
});
