import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from '../database/transaction.ts';
import type { TenantId } from '../values/identifier.ts';
import {
  addNewCalls,
  beginFold,
  endFold,
  findPendingTenants,
  measurePending,
  renewVoided,
  type Pending,
} from './fold.repository.ts';
import { addMissingMarks, tryFoldLock } from './mark.repository.ts';

/** What a step of folding did. */
export interface FoldStep {
  /** Calls that were added to the summaries. */
  calls: number;
  /** Whether there was more to fold than the step took. */
  more: boolean;
}

const nothing: FoldStep = { calls: 0, more: false };

/**
 * Takes what was recorded and voided since the last step into the summaries, about `limit` calls, in one transaction:
 * either summaries and marks both move, or neither does. One instance folds at a time; while another one does, this
 * does nothing. Writers never wait for it, as it only reads the ledger.
 */
export async function fold(em: SqlEntityManager, limit: number): Promise<FoldStep> {
  await addMissingMarks(em);
  // Looked for outside of the lock first, as most of the time there is nothing.
  if ((await findPendingTenants(em)).length === 0) return nothing;
  return inTransaction(em, async (em) => {
    if (!(await tryFoldLock(em))) return nothing;
    const tenants = await findPendingTenants(em);
    const taken = await takePending(em, tenants, limit);
    await beginFold(em, taken);
    await addNewCalls(em);
    if (taken.some(({ hasVoids }) => hasVoids)) await renewVoided(em);
    await endFold(em);
    const calls = taken.reduce((sum, tenant) => sum + tenant.calls, 0);
    return { calls, more: taken.length < tenants.length || calls >= limit };
  });
}

/** As many tenants as have about so many calls together, one at least. */
async function takePending(em: SqlEntityManager, tenants: readonly TenantId[], limit: number): Promise<Pending[]> {
  const taken: Pending[] = [];
  let calls = 0;
  // Few at first: one of them may have enough.
  for (let at = 0, asked = 4; at < tenants.length && calls < limit; at += asked, asked *= 4)
    for (const pending of await measurePending(em, tenants.slice(at, at + asked), limit - calls)) {
      if (calls >= limit) break;
      taken.push(pending);
      calls += pending.calls;
    }
  return taken;
}
