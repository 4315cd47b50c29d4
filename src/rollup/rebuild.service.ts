import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { inTransaction } from '../database/transaction.ts';
import { fold } from './fold.service.ts';
import { adoptCalls, clearSummaries, findRestoredTenants, isFoldedBelow, takeFoldLock } from './mark.repository.ts';

const callsPerStep = 20_000;
const waitMs = 100;

/**
 * Makes the summaries of a tenant anew from its ledger; resolves when all calls of before are folded. Reports are right
 * meanwhile, as they read what is not folded yet from the ledger, and calls keep coming in.
 */
export async function rebuild(em: SqlEntityManager, tenantId: TenantId): Promise<void> {
  const cleared = await inTransaction(em, async (em) => {
    await takeFoldLock(em);
    return clearSummaries(em, tenantId);
  });
  while (!(await isFoldedBelow(em, tenantId, cleared))) {
    const { calls } = await fold(em, callsPerStep);
    // Another instance is at it, or a transaction that began earlier has to end first.
    if (calls === 0) await sleep(waitMs);
  }
}

/**
 * Begins the summaries anew of tenants whose rows were restored from a dump of another server, where transactions had
 * other ids: calls would count as folded that are not. To be done before anything is read. Returns those tenants.
 */
export async function adoptRestoredTenants(em: SqlEntityManager): Promise<TenantId[]> {
  const restored = await findRestoredTenants(em);
  for (const tenantId of restored)
    await inTransaction(em, async (em) => {
      await takeFoldLock(em);
      await clearSummaries(em, tenantId);
      await adoptCalls(em, tenantId);
    });
  return restored;
}
