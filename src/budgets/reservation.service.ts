import { Big } from 'big.js';
import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from '../database/transaction.ts';
import type { Budget, BudgetMetric } from '../limits/budget.entity.ts';
import { periodAt } from '../limits/budget-period.ts';
import { findBudgets } from '../limits/budget.repository.ts';
import type { Reservation } from '../limits/reservation.entity.ts';
import {
  findReservation,
  forgetReservations,
  insertHolds,
  insertReservation,
  lockBlockingBudgets,
  releaseHeld,
} from '../limits/reservation.repository.ts';
import { findStandings } from '../limits/standing.repository.ts';
import { valueIn, type ScopedCall } from '../limits/touched-budgets.ts';
import { BudgetExceededError, NotFoundError, ValidationError } from '../values/errors.ts';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import { toState, type BudgetStanding } from './budget-states.ts';

/** A call that somebody is about to make. */
export interface PlannedCall extends ScopedCall {
  tenantId: TenantId;
  /** Null where it is not known. */
  costUsd: Decimal | null;
  /** Why the cost is not known, as a sentence. */
  unpricedReason: string | null;
  /** Input and output tokens together; null where they are not known. */
  tokens: number | null;
}

export type ReservationStatus = Reservation['status'] | 'EXPIRED';

/** A reservation, and how the budgets stand that its call belongs to. */
export interface Reserved extends Omit<Reservation, 'status'> {
  status: ReservationStatus;
  budgets: BudgetStanding[];
}

/** How long it is known what became of a reservation. */
const rememberedMs = 86_400_000;

/**
 * Holds room for a call in every blocking budget that it belongs to, or in none. An id that was sent before answers what
 * became of it.
 * @throws {BudgetExceededError} for the first budget that has no room.
 * @throws {ValidationError} on `costUsd` or `inputTokens` where a blocking budget needs an estimate that is not given.
 */
export async function reserve(
  em: SqlEntityManager,
  call: PlannedCall,
  { id = uuidv7(), ttlSeconds }: { id: string | undefined; ttlSeconds: number },
  now: Date,
): Promise<Reserved> {
  const { tenantId, costUsd: heldUsd, tokens: heldTokens } = call;
  const expiresAt = new Date(now.getTime() + ttlSeconds * 1000);
  const reservation: Reservation = { tenantId, id, status: 'HELD', heldUsd, heldTokens, expiresAt };
  return inTransaction(em, async (em) => {
    if (!(await insertReservation(em, reservation))) {
      const known = await findReservation(em, tenantId, id);
      if (known) return shown(em, known, await touchedBudgets(em, call), now);
    }
    const touched = await touchedBudgets(em, call);
    await forgetReservations(em, tenantId, new Date(now.getTime() - rememberedMs));
    const parts = await lockParts(em, call, touched);
    // Read after the locks: whoever reserved before has committed. Whoever comes after waits from here on.
    const states = await standingsOf(em, tenantId, parts, now);
    const holds = parts.flatMap(({ budget, value, amount }, index) => {
      const state = states[index];
      if (!amount || !state) return [];
      assertRoom(state, amount);
      return [{ budgetId: budget.id, value, amount }];
    });
    await insertHolds(em, reservation, holds, now);
    const budgets = states.map((state, index) => ({
      ...state,
      reserved: state.reserved.plus(parts[index]?.amount ?? 0),
    }));
    return { ...reservation, budgets };
  });
}

/** What a call needs of a budget; nothing of one that does not block. */
interface Part extends Touched {
  amount: Decimal | null;
}

/** The budgets that a call belongs to, of which those that block are locked and as they are now. */
async function lockParts(em: SqlEntityManager, call: PlannedCall, touched: readonly Touched[]): Promise<Part[]> {
  const blocking = touched.filter(({ budget }) => budget.action === 'BLOCK').map(({ budget }) => budget.id);
  const locked = blocking.length > 0 ? await lockBlockingBudgets(em, call.tenantId, blocking) : [];
  return touched.flatMap(({ budget, value }): Part[] => {
    if (budget.action !== 'BLOCK') return [{ budget, value, amount: null }];
    const current = locked.find(({ id }) => id === budget.id);
    return current ? [{ budget: current, value, amount: amountOf(current, call) }] : [];
  });
}

/**
 * Gives back what a reservation holds. True when it is released, now or before; false when its call was recorded, or it has
 * expired.
 * @throws {NotFoundError} on `id`.
 */
export async function release(em: SqlEntityManager, tenantId: TenantId, id: string, now: Date): Promise<boolean> {
  return inTransaction(em, async (em) => {
    if (await releaseHeld(em, tenantId, id, now)) return true;
    const known = await findReservation(em, tenantId, id);
    if (!known) throw new NotFoundError(`There is no reservation '${id}'.`, 'id');
    return known.status === 'RELEASED';
  });
}

interface Touched {
  budget: Budget;
  value: string;
}

async function touchedBudgets(em: SqlEntityManager, call: PlannedCall): Promise<Touched[]> {
  return (await findBudgets(em, call.tenantId)).flatMap((budget) => {
    const value = valueIn(budget, call);
    return value === undefined ? [] : [{ budget, value }];
  });
}

async function standingsOf(
  em: SqlEntityManager,
  tenantId: TenantId,
  touched: readonly Touched[],
  now: Date,
): Promise<BudgetStanding[]> {
  const periods = touched.map(({ budget }) => periodAt(budget, now));
  const keys = touched.map(({ budget, value }, index) => ({
    budget,
    periodStart: periods[index]?.start ?? now,
    value,
  }));
  const standings = await findStandings(em, tenantId, keys, now);
  return touched.flatMap(({ budget }, index) => {
    const standing = standings[index];
    return standing ? [toState(budget, standing, periods[index]?.end ?? null)] : [];
  });
}

async function shown(
  em: SqlEntityManager,
  reservation: Reservation,
  touched: readonly Touched[],
  now: Date,
): Promise<Reserved> {
  const isOver = reservation.status === 'HELD' && reservation.expiresAt <= now;
  return {
    ...reservation,
    status: isOver ? 'EXPIRED' : reservation.status,
    budgets: await standingsOf(em, reservation.tenantId, touched, now),
  };
}

const amounts: Record<BudgetMetric, (call: PlannedCall, budget: Budget) => Decimal> = {
  COST_USD({ costUsd, unpricedReason }, { id }) {
    if (costUsd) return costUsd;
    throw new ValidationError(
      `The budget '${id}' limits cost and blocks, so that a reservation needs 'costUsd', or tokens that can be priced. ${unpricedReason ?? ''}`.trimEnd(),
      'costUsd',
    );
  },
  TOTAL_TOKENS({ tokens }, { id }) {
    if (tokens !== null) return new Big(tokens);
    throw new ValidationError(
      `The budget '${id}' limits tokens and blocks, so that a reservation needs 'inputTokens' and 'maxOutputTokens'`,
      'inputTokens',
    );
  },
  CALLS: () => new Big(1),
};

const amountOf = (budget: Budget, call: PlannedCall): Decimal => amounts[budget.metric](call, budget);

/** @throws {BudgetExceededError} A limit of 0 has no room for anything. */
function assertRoom({ budget, value, spent, reserved, resetsAt }: BudgetStanding, amount: Decimal): void {
  const limit = budget.limit ?? new Big(0);
  const left = limit.minus(spent).minus(reserved);
  if (amount.lte(left) && limit.gt(0)) return;
  const remaining = formatDecimal(left.gt(0) ? left : new Big(0));
  const of = value === null ? '' : ` for '${value}'`;
  const until = resetsAt ? ` It resets at ${resetsAt.toISOString()}.` : '';
  throw new BudgetExceededError(
    `The budget '${budget.name}'${of} has ${remaining} left of ${formatDecimal(limit)}, and the call needs ${formatDecimal(amount)}.${until}`,
    { budgetId: budget.id, value, remaining, resetsAt: resetsAt?.toISOString() ?? null },
  );
}
