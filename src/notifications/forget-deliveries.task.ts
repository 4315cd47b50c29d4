import type { Task } from '../background/task.ts';
import type { Orm } from '../database/orm.ts';
import { forkForPlatform } from '../database/session.ts';
import { everyTenantId } from '../tenancy/tenant.repository.ts';
import type { Clock } from '../values/clock.ts';
import { forgetDeliveries } from './delivery.repository.ts';

const keptMs = 30 * 24 * 60 * 60 * 1000;
const restMs = 60 * 60 * 1000;

/** Forgets deliveries after 30 days. None waits that long. */
export const forgetDeliveriesTask = (orm: Orm, clock: Clock): Task => ({
  name: 'forget-deliveries',
  whileFailing: 'deliveries of notifications are kept for longer',
  failurePauseMs: { first: 10_000, longest: restMs },
  async step(signal) {
    const em = forkForPlatform({ orm });
    const before = new Date(clock().getTime() - keptMs);
    for (const tenantId of await everyTenantId(em)) {
      if (signal.aborted) break;
      await forgetDeliveries(em, tenantId, before);
    }
    return { restMs };
  },
});
