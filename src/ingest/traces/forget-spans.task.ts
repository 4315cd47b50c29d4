import type { Task } from '../../background/task.ts';
import type { Orm } from '../../database/orm.ts';
import { forkForPlatform } from '../../database/session.ts';
import { everyTenantId } from '../../tenancy/tenant.repository.ts';
import type { Clock } from '../../values/clock.ts';
import { forgetLinks } from './span-link.repository.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** How long after a span the spans around it or inside it may arrive. */
const keptMs = 7 * dayMs;
const restMs = 60 * 60 * 1000;

/** Forgets spans that no call has turned up in. Those around calls are kept as long as the calls. */
export const forgetSpansTask = (orm: Orm, clock: Clock): Task => ({
  name: 'forget-spans',
  whileFailing: 'spans of traces are kept for longer',
  failurePauseMs: { first: 10_000, longest: restMs },
  async step(signal) {
    const em = forkForPlatform({ orm });
    const before = new Date(clock().getTime() - keptMs);
    for (const tenantId of await everyTenantId(em)) {
      if (signal.aborted) break;
      await forgetLinks(em, tenantId, before);
    }
    return { restMs };
  },
});
