import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inLongTransaction } from '../database/transaction.ts';
import type { TenantId } from '../values/identifier.ts';
import { lockTenantSummaries, makeSummaries } from './fold.repository.ts';
import { ownClock } from './clock.repository.ts';
import { levelsThatPay } from './levels-that-pay.ts';
import { recountFolded, saveLevels, weighCalls } from './weigh.repository.ts';

/**
 * Makes the summaries of what a tenant's ledger holds again, in one transaction: those that all tenants have and those that
 * pay for its latest calls. Reports are right meanwhile, and calls keep coming in: those that are recorded meanwhile are
 * folded later.
 */
export const rebuild = (em: SqlEntityManager, tenantId: TenantId): Promise<void> =>
  inLongTransaction(em, async (em) => {
    const had = await lockTenantSummaries(em, tenantId);
    if (!had) return;
    const clock = await ownClock(em, tenantId, had.completeFrom);
    const levels = levelsThatPay(had.levels, await weighCalls(em, tenantId), clock);
    await saveLevels(em, tenantId, { levels, clock: clock.name });
    await makeSummaries(em, tenantId, levels, had.completeFrom);
    await recountFolded(em, tenantId);
  });
