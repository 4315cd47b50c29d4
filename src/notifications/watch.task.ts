import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { findExpiringKeys } from '../access/api-keys/api-key.repository.ts';
import type { Task } from '../background/task.ts';
import type { Orm } from '../database/orm.ts';
import { forkForPlatform } from '../database/session.ts';
import type { Budget } from '../limits/budget.entity.ts';
import { periodAt } from '../limits/budget-period.ts';
import { findBudgets } from '../limits/budget.repository.ts';
import { tell } from '../outbox/outbox.repository.ts';
import type { Clock } from '../values/clock.ts';
import { formatDecimal } from '../values/money.ts';
import { findListeningTenants } from './channel.repository.ts';
import type { RefusedRecordings } from './refused-recordings.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** How long before a key expires its tenant is told. */
const expiringMs = 7 * dayMs;
/** For how long after its begin a period is news, if no gateway ran then. */
const resetNewsMs = dayMs;

const restMs = 1_000;
const lookEveryMs = 60_000;

/**
 * Tells of what no transaction does: keys that will expire, periods of budgets that began, and calls that were refused.
 * Several gateways may tell of the same, which is written once.
 */
export function watchTask(orm: Orm, clock: Clock, refused: RefusedRecordings, everyMs = lookEveryMs): Task {
  let lookAgainMs = -Infinity;
  return {
    name: 'watch',
    whileFailing: 'nobody is told of keys that expire, budgets that reset and calls that are refused',
    failurePauseMs: { first: 1_000, longest: 60_000 },
    async step(signal) {
      const em = forkForPlatform({ orm });
      const now = clock();
      for (const news of refused.take()) await tell(em, news, now);
      if (performance.now() < lookAgainMs || signal.aborted) return { restMs };
      await tellOfExpiringKeys(em, now);
      await tellOfResets(em, now, signal);
      lookAgainMs = performance.now() + everyMs;
      return { restMs };
    },
  };
}

async function tellOfExpiringKeys(em: SqlEntityManager, now: Date): Promise<void> {
  const tenantIds = await findListeningTenants(em, 'KEY_EXPIRING');
  if (tenantIds.length === 0) return;
  const until = new Date(now.getTime() + expiringMs);
  for (const { tenantId, id, name, expiresAt } of await findExpiringKeys(em, tenantIds, { from: now, until }))
    if (tenantId && expiresAt) {
      const data = { keyId: id, name, expiresAt: expiresAt.toISOString() };
      await tell(em, { tenantId, event: 'KEY_EXPIRING', key: `expiring ${id} ${data.expiresAt}`, data }, now);
    }
}

async function tellOfResets(em: SqlEntityManager, now: Date, signal: AbortSignal): Promise<void> {
  for (const tenantId of await findListeningTenants(em, 'BUDGET_RESET')) {
    if (signal.aborted) return;
    for (const budget of await findBudgets(em, tenantId)) await tellOfReset(em, budget, now);
  }
}

async function tellOfReset(em: SqlEntityManager, budget: Budget, now: Date): Promise<void> {
  const { tenantId, id, name, metric, period, limit, createdAt } = budget;
  const { start, end } = periodAt(budget, now);
  if (!limit || !end || start <= createdAt || now.getTime() - start.getTime() > resetNewsMs) return;
  const data = {
    budgetId: id,
    name,
    metric,
    period,
    limit: formatDecimal(limit),
    periodStart: start.toISOString(),
    resetsAt: end.toISOString(),
  };
  await tell(em, { tenantId, event: 'BUDGET_RESET', key: `reset ${id} ${data.periodStart}`, data }, start, start);
}
