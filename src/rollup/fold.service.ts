import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from '../platform/transaction.ts';
import { addNewCalls, beginFold, endFold, findPending, renewVoided, type Pending } from './fold.repository.ts';
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
  if ((await findPending(em, 1)).length === 0) return nothing;
  return inTransaction(em, async (em) => {
    if (!(await tryFoldLock(em))) return nothing;
    const pending = await findPending(em, limit);
    const taken = upTo(limit, pending);
    await beginFold(em, taken);
    await addNewCalls(em);
    if (taken.some(({ hasVoids }) => hasVoids)) await renewVoided(em);
    await endFold(em);
    return {
      calls: taken.reduce((calls, tenant) => calls + tenant.calls, 0),
      more: taken.length < pending.length || taken.some(({ calls }) => calls >= limit),
    };
  });
}

/** As many tenants as have about so many calls together, one at least. */
function upTo(limit: number, pending: readonly Pending[]): Pending[] {
  const taken: Pending[] = [];
  let calls = 0;
  for (const tenant of pending) {
    if (calls >= limit) break;
    taken.push(tenant);
    calls += tenant.calls;
  }
  return taken;
}
