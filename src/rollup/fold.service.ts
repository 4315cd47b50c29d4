import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inLongTransaction } from '../database/transaction.ts';
import type { TenantId } from '../values/identifier.ts';
import {
  addCalls,
  countFolded,
  lockPendingTenants,
  lockTenantSummaries,
  renewVoided,
  takeBatches,
  type Batch,
} from './fold.repository.ts';
import type { HeldLevels } from './makings.ts';

/** What a step of folding did. */
export interface FoldStep {
  /** Calls that were taken into the summaries. */
  calls: number;
  /** Whether there may be more to fold than the step took. */
  more: boolean;
  /** Tenants that could not be folded, with what went wrong; they are folded no further until they are asked for again. */
  failed: { tenantId: TenantId; error: unknown }[];
  /** Tenants that have grown so much that other levels of summaries may pay for them now: they are to be weighed. */
  grown: TenantId[];
}

const shares = 4;

/** Tenants of a step. Others are left for other instances, which fold at the same time. */
const tenantsAtOnce = 64;

/**
 * Takes batches and voids that wait into the summaries, about `limit` calls, oldest first: out of `unfolded` and into the
 * summaries in one transaction. Of one tenant one instance folds at a time; writers never wait for it. Where the step
 * fails, its tenants are folded one by one, so that whoever it is that fails holds back nobody else.
 * @param except tenants that are left out.
 */
export async function fold(em: SqlEntityManager, limit: number, except: readonly TenantId[] = []): Promise<FoldStep> {
  let tenants: TenantId[] = [];
  try {
    return await foldTogether(em, limit, tenantsAtOnce, except, (locked) => (tenants = locked));
  } catch (error) {
    if (tenants.length === 1)
      return { calls: 0, more: true, failed: tenants.map((tenantId) => ({ tenantId, error })), grown: [] };
    if (tenants.length === 0) throw error;
    return foldOneByOne(em, limit, tenants.length, except);
  }
}

const foldTogether = (
  em: SqlEntityManager,
  limit: number,
  tenantsAtOnce: number,
  except: readonly TenantId[],
  onLocked: (tenants: TenantId[]) => void,
): Promise<FoldStep> =>
  inLongTransaction(em, async (em) => {
    const held = await lockPendingTenants(em, tenantsAtOnce, except);
    const tenants = [...held.keys()];
    onLocked(tenants);
    if (tenants.length === 0) return { calls: 0, more: false, failed: [], grown: [] };
    return foldLocked(em, held, limit, tenants.length === tenantsAtOnce);
  });

/**
 * Folds about `limit` calls of one tenant, and waits where it is being folded by others.
 * @returns whether there may be more of it.
 */
export const foldTenant = (em: SqlEntityManager, tenantId: TenantId, limit: number): Promise<boolean> =>
  inLongTransaction(em, async (em) => {
    const has = await lockTenantSummaries(em, tenantId);
    return has !== undefined && (await foldLocked(em, new Map([[tenantId, has]]), limit, false)).more;
  });

/**
 * Folds about `limit` calls of locked tenants.
 * @param areMore whether others wait.
 */
async function foldLocked(em: SqlEntityManager, held: HeldLevels, limit: number, areMore: boolean): Promise<FoldStep> {
  const tenants = [...held.keys()];
  // Single calls are a batch each: a fair share, and some more for those of whom others leave some.
  const eachAtMost = Math.ceil((shares * limit) / tenants.length);
  const batches = await takeBatches(em, tenants, limit, eachAtMost);
  const recorded = batches.filter(({ calls }) => calls > 0);
  const voids = Map.groupBy(
    batches.filter(({ calls }) => calls === 0),
    ({ tenantId }) => tenantId,
  );
  if (recorded.length > 0) await addCalls(em, recorded, heldBy(recorded, held));
  for (const [tenantId, of] of voids)
    await renewVoided(
      em,
      tenantId,
      held.get(tenantId)?.levels ?? [],
      of.map(({ batchId }) => batchId),
    );
  const grown = batches.length > 0 ? await countFolded(em, batches) : [];
  const calls = recorded.reduce((sum, { calls }) => sum + calls, 0);
  const mostTaken = Math.max(
    0,
    ...Map.groupBy(batches, ({ tenantId }) => tenantId)
      .values()
      .map((of) => of.length),
  );
  const more = calls >= limit || mostTaken >= eachAtMost || areMore;
  return { calls, more, failed: [], grown };
}

async function foldOneByOne(
  em: SqlEntityManager,
  limit: number,
  tenants: number,
  except: readonly TenantId[],
): Promise<FoldStep> {
  const failed: FoldStep['failed'] = [];
  const grown: TenantId[] = [];
  let calls = 0;
  for (let done = 0; done < tenants; done++) {
    let [current]: TenantId[] = [];
    const left = [...except, ...failed.map(({ tenantId }) => tenantId)];
    try {
      const step = await foldTogether(em, Math.ceil(limit / tenants), 1, left, ([tenantId]) => (current = tenantId));
      calls += step.calls;
      grown.push(...step.grown);
    } catch (error) {
      if (current === undefined) throw error;
      failed.push({ tenantId: current, error });
    }
  }
  return { calls, more: true, failed, grown };
}

/** What those tenants have that calls were taken of. */
const heldBy = (batches: readonly Batch[], held: HeldLevels): HeldLevels =>
  new Map(batches.map(({ tenantId }) => [tenantId, held.get(tenantId) ?? { levels: [], clock: null }]));
