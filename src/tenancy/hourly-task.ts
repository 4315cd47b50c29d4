import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Task } from '../background/task.ts';
import type { Orm } from '../database/orm.ts';
import { forkForPlatform } from '../database/session.ts';
import type { Clock } from '../values/clock.ts';
import type { TenantId } from '../values/identifier.ts';
import { everyTenantId } from './tenant.repository.ts';

const restMs = 60 * 60 * 1000;

/** A task that does something for every tenant, one after another, once an hour. */
export const hourlyTask = (
  orm: Orm,
  clock: Clock,
  about: Pick<Task, 'name' | 'whileFailing'>,
  work: (em: SqlEntityManager, tenantId: TenantId, now: Date) => Promise<unknown>,
): Task => ({
  ...about,
  failurePauseMs: { first: 10_000, longest: restMs },
  async step(signal) {
    const em = forkForPlatform({ orm });
    const now = clock();
    for (const tenantId of await everyTenantId(em)) {
      if (signal.aborted) break;
      await work(em, tenantId, now);
    }
    return { restMs };
  },
});
