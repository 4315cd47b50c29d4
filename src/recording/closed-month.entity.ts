import { defineEntity, p } from '@mikro-orm/postgresql';
import { DecimalType } from '../database/decimal.type.ts';
import { ownRows } from '../database/row-level-security.ts';
import type { TenantId } from '../values/identifier.ts';

/** A month whose statement is closed, or is being closed: whatever changes its calls from now on leaves an adjustment. */
export const ClosedMonthEntity = defineEntity({
  name: 'ClosedMonth',
  tableName: 'closed_month',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    /** Its first date. */
    month: p.date().primary(),
    /** Its borders as they were, whatever becomes of the tenant's clock. */
    fromAt: p.datetime(3),
    toAt: p.datetime(3),
    /** Null until its statement is stored. */
    closedAt: p.datetime(3).nullable(),
  },
});

/** How an act changed the calls of a closed month. It is written by the transaction of the act, and in no closed statement. */
export const AdjustmentEntity = defineEntity({
  name: 'Adjustment',
  tableName: 'adjustment',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    at: p.datetime(3).primary(),
    adjustmentId: p.uuid().primary(),
    /** The closed month. */
    month: p.date(),
    reason: p.text().$type<AdjustmentReason>().collation('C'),
    provider: p.text().collation('C'),
    model: p.text().collation('C'),
    /** How many calls came or went, and what they cost; negative for those that went. */
    calls: p.bigint(),
    costUsd: p.type(DecimalType),
  },
});

export type AdjustmentReason = 'late calls' | 'void' | 'replaced' | 'repricing';
