import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inLongTransaction } from '../database/transaction.ts';
import type { TenantId } from '../values/identifier.ts';
import { lockTenantSummaries } from './fold.repository.ts';
import { ownClock } from './clock.repository.ts';
import { levelsThatPay } from './levels-that-pay.ts';
import type { OptionalLevel } from './levels.ts';
import type { LocalClock } from './local-clock.ts';
import type { Summarised } from './makings.ts';
import { changeLevels, weighCalls } from './weigh.repository.ts';

/**
 * Gives a tenant the optional levels of summaries that pay for its latest calls, and takes those away that do not, in one
 * transaction; local days and months are of its time zone as it is now. Reports give the same answers before, meanwhile and after.
 */
export const weigh = (em: SqlEntityManager, tenantId: TenantId): Promise<void> =>
  giveLevels(em, tenantId, async (em, { levels }, clock) =>
    levelsThatPay(levels, await weighCalls(em, tenantId), clock),
  );

/** Gives a tenant the optional levels that are chosen by those that it has; a tenant that is gone gets none. */
export const giveLevels = (
  em: SqlEntityManager,
  tenantId: TenantId,
  choose: (em: SqlEntityManager, has: Summarised, clock: LocalClock) => Promise<readonly OptionalLevel[]>,
): Promise<void> =>
  inLongTransaction(em, async (em) => {
    const has = await lockTenantSummaries(em, tenantId);
    if (!has) return;
    const clock = await ownClock(em, tenantId, has.completeFrom);
    await changeLevels(em, tenantId, has, { levels: await choose(em, has, clock), clock: clock.name });
  });
