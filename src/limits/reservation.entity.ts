import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import { DecimalType } from '../database/decimal.type.ts';
import { ownRows } from '../database/row-level-security.ts';
import type { TenantId } from '../values/identifier.ts';

/** Room in budgets that a caller has asked for before a call. One that is HELD ends at `expiresAt` without a change. */
export const ReservationEntity = defineEntity({
  name: 'Reservation',
  tableName: 'reservation',
  ...ownRows,
  indexes: [{ name: 'reservation_oldest_first', properties: ['tenantId', 'expiresAt'] }],
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    id: p.text().fieldName('reservation_id').collation('C').primary(),
    status: p.text().$type<'HELD' | 'SETTLED' | 'RELEASED'>(),
    heldUsd: p.type(DecimalType).nullable(),
    heldTokens: p.bigint('number').nullable(),
    expiresAt: p.datetime(3),
  },
});

export type Reservation = InferEntity<typeof ReservationEntity>;

/** What a reservation holds of a budget, or of one of its values, while it is HELD and has not expired. */
export const BudgetHoldEntity = defineEntity({
  name: 'BudgetHold',
  tableName: 'budget_hold',
  ...ownRows,
  indexes: [{ name: 'budget_hold_of_reservation', properties: ['tenantId', 'reservationId'] }],
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    budgetId: p.text().collation('C').primary(),
    value: p.text().collation('C').primary(),
    reservationId: p.text().collation('C').primary(),
    amount: p.type(DecimalType),
    expiresAt: p.datetime(3),
  },
});
