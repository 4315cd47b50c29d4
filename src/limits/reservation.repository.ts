import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import { BudgetEntity, type Budget } from './budget.entity.ts';
import { ReservationEntity, type Reservation } from './reservation.entity.ts';

/** Adds a reservation that is HELD; false when the tenant already has one with its id. */
export async function insertReservation(em: SqlEntityManager, reservation: Reservation): Promise<boolean> {
  const { tenantId, id, status, heldUsd, heldTokens = null, expiresAt } = reservation;
  const result = await sql`
    insert into reservation (tenant_id, reservation_id, status, held_usd, held_tokens, expires_at)
    values (${tenantId}, ${id}, ${status}, ${heldUsd ? formatDecimal(heldUsd) : null}, ${heldTokens},
      ${expiresAt.toISOString()}::timestamptz)
    on conflict do nothing`.execute(inSession(em));
  return result.numAffectedRows === 1n;
}

export async function findReservation(
  em: SqlEntityManager,
  tenantId: TenantId,
  id: string,
): Promise<Reservation | undefined> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from reservation where tenant_id = ${tenantId} and reservation_id = ${id}`.execute(inSession(em));
  return rows[0] && em.map(ReservationEntity, rows[0]);
}

/** Blocking budgets by id, in one order for all, locked until the transaction ends: nobody else reserves of them. */
export async function lockBlockingBudgets(
  em: SqlEntityManager,
  tenantId: TenantId,
  ids: readonly string[],
): Promise<Budget[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from budget
    where tenant_id = ${tenantId} and budget_id = any(${[...ids]}::text[]) and action = 'BLOCK'
    order by budget_id
    for no key update`.execute(inSession(em));
  return rows.map((row) => em.map(BudgetEntity, row));
}

/** A part of a reservation: what it holds of a budget, or of one of its values. */
export interface Hold {
  budgetId: string;
  value: string;
  amount: Decimal;
}

/** Holds parts of budgets that are locked, and forgets the holds of these that have expired. */
export async function insertHolds(
  em: SqlEntityManager,
  { tenantId, id, expiresAt }: Reservation,
  holds: readonly Hold[],
  now: Date,
): Promise<void> {
  if (holds.length === 0) return;
  const rows = holds.map(({ budgetId, value, amount }) => ({
    budget_id: budgetId,
    value,
    amount: formatDecimal(amount),
  }));
  const ids = holds.map(({ budgetId }) => budgetId);
  await sql`
    with expired as (
      delete from budget_hold
      where tenant_id = ${tenantId} and budget_id = any(${ids}::text[])
        and expires_at <= ${now.toISOString()}::timestamptz
    )
    insert into budget_hold (tenant_id, budget_id, value, reservation_id, amount, expires_at)
    select ${tenantId}, budget_id, value, ${id}, amount, ${expiresAt.toISOString()}::timestamptz
    from json_to_recordset(${JSON.stringify(rows)}::json) as hold(budget_id text, value text, amount numeric)`.execute(
    inSession(em),
  );
}

/** Gives back what a reservation holds; false when it held nothing any more. */
export async function releaseHeld(em: SqlEntityManager, tenantId: TenantId, id: string, now: Date): Promise<boolean> {
  const { rows } = await sql`
    with released as (
      update reservation set status = 'RELEASED'
      where tenant_id = ${tenantId} and reservation_id = ${id} and status = 'HELD'
        and expires_at > ${now.toISOString()}::timestamptz
      returning tenant_id, reservation_id
    ), freed as (
      delete from budget_hold using released
      where budget_hold.tenant_id = released.tenant_id and budget_hold.reservation_id = released.reservation_id
    )
    select from released`.execute(inSession(em));
  return rows.length > 0;
}

/** Forgets a few reservations that expired before a time. */
export async function forgetReservations(em: SqlEntityManager, tenantId: TenantId, before: Date): Promise<void> {
  await sql`
    delete from reservation
    where tenant_id = ${tenantId} and reservation_id = any(array(
      select reservation_id from reservation
      where tenant_id = ${tenantId} and expires_at < ${before.toISOString()}::timestamptz
      order by expires_at limit 10
      for update skip locked))`.execute(inSession(em));
}
