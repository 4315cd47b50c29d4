import type { Task } from '../background/task.ts';
import { gateway } from '../caller/principal.ts';
import type { Orm } from '../database/orm.ts';
import { forkForPlatform } from '../database/session.ts';
import type { Logger } from '../settings/log.ts';
import type { Clock } from '../values/clock.ts';
import { findDue, forgetSome, keepSummaries, mostForgotten, type Due } from './retention.service.ts';

const restMs = 60 * 60 * 1000;

export interface RetentionOptions {
  /** Days that calls are kept for where the tenant has none of its own; undefined for ever. */
  standardDays: number | undefined;
  /** Most calls that a step deletes; the embedded database does nothing else meanwhile. */
  mostAStep: number;
}

export const retentionOptions = ({
  databaseUrl,
  retentionDays,
}: {
  databaseUrl: string | undefined;
  retentionDays: number | undefined;
}): RetentionOptions => ({ standardDays: retentionDays, mostAStep: databaseUrl ? mostForgotten : 500 });

/**
 * Has calls leave the ledger that are older than they are kept for, a tenant after another: a step makes what stays of them,
 * or deletes some. Tenants are looked through every hour. What a step leaves, the next one goes on with, in this gateway or
 * another one; several at once do no harm.
 */
export function retentionTask(orm: Orm, clock: Clock, log: Logger, options: RetentionOptions): Task {
  const { standardDays, mostAStep } = options;
  let due: Due[] = [];
  return {
    name: 'retention',
    whileFailing: 'calls stay in the ledger for longer',
    failurePauseMs: { first: 60_000, longest: restMs },
    async step() {
      const em = forkForPlatform({ orm });
      if (due.length === 0) due = await findDue(em, undefined, standardDays, clock());
      const [next] = due;
      if (!next) return { restMs };
      if (!next.isKept) {
        // Where it fails it is looked for again after the others.
        due.shift();
        await keepSummaries(em, gateway, next, clock());
        due.unshift({ ...next, isKept: true });
        log.info({ tenantId: next.tenantId, horizon: next.horizon }, 'calls leave the ledger');
      } else if ((await forgetSome(em, next.tenantId, mostAStep)) < mostAStep) due.shift();
      return 'again';
    },
  };
}
