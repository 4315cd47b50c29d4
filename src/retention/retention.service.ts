import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { audited } from '../audit/audited.ts';
import type { Principal } from '../caller/principal.ts';
import { withoutTimeLimit } from '../database/work.ts';
import { foldTenant } from '../rollup/fold.service.ts';
import { keepUntil, type Kept } from '../rollup/keep.service.ts';
import type { TenantId } from '../values/identifier.ts';
import { horizonOf } from './horizon.ts';
import {
  countCallsBefore,
  findStates,
  forgetCalls,
  liftTimeLimit,
  refuseBefore,
  type RetentionState,
} from './retention.repository.ts';

/** Calls of a tenant that are to leave its ledger, or go on leaving it. */
export interface Due {
  tenantId: TenantId;
  /** Calls from before it are to be in summaries alone. */
  horizon: Date;
  /** Whether they are already, so that only deleting them is left. */
  isKept: boolean;
}

/**
 * What is to be done of tenants: calls that are older than they are kept for, and what an earlier run did not finish.
 * @param tenantIds all tenants where none are named.
 * @param standardDays days that calls are kept for where the tenant has none of its own; undefined for ever.
 */
export async function findDue(
  em: SqlEntityManager,
  tenantIds: readonly TenantId[] | undefined,
  standardDays: number | undefined,
  now: Date,
): Promise<Due[]> {
  return (await findStates(em, tenantIds)).flatMap((state) => dueOf(state, standardDays, now) ?? []);
}

function dueOf(state: RetentionState, standardDays: number | undefined, now: Date): Due | undefined {
  const { tenantId, retentionDays, acceptsFrom, completeFrom, firstCall } = state;
  const days = retentionDays ?? standardDays;
  const wanted = days === undefined ? undefined : horizonOf(now, days);
  const leaving = wanted && firstCall && firstCall < wanted ? wanted : undefined;
  const horizon = later(later(leaving, acceptsFrom ?? undefined), completeFrom ?? undefined);
  if (!horizon) return undefined;
  if (!completeFrom || completeFrom < horizon) return { tenantId, horizon, isKept: false };
  return firstCall && firstCall < completeFrom ? { tenantId, horizon, isKept: true } : undefined;
}

const later = (one: Date | undefined, other: Date | undefined): Date | undefined =>
  one && other ? (one > other ? one : other) : (one ?? other);

/** Calls that one transaction folds, about. */
const foldedAtOnce = 20_000;

/**
 * Makes what stays of a tenant's calls from before its horizon: calls from then are refused first, and what waits is folded. From
 * its end on, which is audited, they are in summaries alone; deleting them is left. Whatever ends it, it can be done again.
 */
export async function keepSummaries(
  em: SqlEntityManager,
  principal: Principal,
  { tenantId, horizon, isKept }: Due,
  now: Date,
): Promise<void> {
  if (isKept) return;
  await refuseBefore(em.fork(), tenantId, horizon);
  for (;;) {
    while (await foldTenant(em.fork(), tenantId, foldedAtOnce));
    const kept = await withoutTimeLimit(() =>
      audited<Kept>(em.fork(), principal, now, async (em) => {
        await liftTimeLimit(em);
        const result = await keepUntil(em, tenantId, horizon);
        if (result !== 'kept') return { result, act: undefined };
        const calls = await countCallsBefore(em, tenantId, horizon);
        const details = { horizon: horizon.toISOString(), calls };
        return { result, act: { action: 'retention.run', tenantId, target: tenantId, details } };
      }),
    );
    if (kept !== 'unfolded') return;
  }
}

/** Most calls that one transaction deletes; the function of the database deletes no more either. */
export const mostForgotten = 5_000;

/** Deletes the next calls of a tenant that are in summaries alone, in a transaction; returns how many they were. */
export const forgetSome = (em: SqlEntityManager, tenantId: TenantId, most = mostForgotten): Promise<number> =>
  forgetCalls(em.fork(), tenantId, most);
