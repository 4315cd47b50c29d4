import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Task } from '../background/task.ts';
import type { Orm } from '../database/orm.ts';
import { inTransaction } from '../database/transaction.ts';
import { hourlyTask } from '../tenancy/hourly-task.ts';
import type { Clock } from '../values/clock.ts';
import type { TenantId } from '../values/identifier.ts';
import { periodAt, type Periodic } from './budget-period.ts';
import { findBudgets, holdUpCounting, turnRevision } from './budget.repository.ts';
import { keepHoursFrom } from './hour.repository.ts';
import type { Budget } from './budget.entity.ts';

const hourMs = 3_600_000;
/** What is usual at an hour goes back 28 local days. */
const keptMs = 29 * 24 * hourMs;
/** It holds up a tenant's recording for a moment, so that it is done once a week for each budget. */
const mostKeptMs = keptMs + 7 * 24 * hourMs;

/** Begin of the first hour that a budget that watches for spikes keeps on its own. */
export const firstKeptHour = (budget: Periodic, now: Date): Date =>
  periodAt(budget, new Date(now.getTime() - keptMs)).start;

/** Adds up hours that no spike is told by any more. */
export const forgetHoursTask = (orm: Orm, clock: Clock): Task =>
  hourlyTask(
    orm,
    clock,
    { name: 'forget-hours', whileFailing: 'budgets that watch for spikes keep hours for longer' },
    async (em, tenantId, now) => {
      if ((await findBudgets(em.fork(), tenantId)).some((budget) => hasOldHours(budget, now)))
        await forgetHours(em, tenantId, now);
    },
  );

const hasOldHours = ({ spikeFloor, countsFrom }: Budget, now: Date): boolean =>
  spikeFloor ? now.getTime() - countsFrom.getTime() > mostKeptMs : false;

const forgetHours = (em: SqlEntityManager, tenantId: TenantId, now: Date): Promise<void> =>
  inTransaction(em, async (em) => {
    await holdUpCounting(em, tenantId);
    for (const budget of await findBudgets(em, tenantId))
      if (hasOldHours(budget, now)) await keepHoursFrom(em, budget, firstKeptHour(budget, now));
    await turnRevision(em, tenantId);
  });
