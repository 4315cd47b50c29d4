import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { findBudgetsAndRevisions, holdBudgets, noBudgets } from '../limits/budget.repository.ts';
import { takeBack } from '../limits/counter.repository.ts';
import { touches } from '../limits/touched-budgets.ts';
import { watches } from '../limits/usual-hours.ts';
import { inTransaction } from '../database/transaction.ts';
import { modelPriceRevision } from '../pricing/model-price.repository.ts';
import type { Call } from './call.entity.ts';
import { insertCalls } from './call.repository.ts';
import { noteAdjustments } from './closed-months.repository.ts';
import { holdHorizon } from './horizon.repository.ts';
import { settlementsOf } from './counting.ts';
import { isErased } from './erased-call.ts';
import type { NewCall } from './validate-call.ts';
import { earlierContents, lockCall, noteCost, setAside } from './version.repository.ts';

/** What became of a call whose key another one has. */
export type Settled =
  /** With the call as it stands. */
  | { outcome: 'REPLACED' | 'DUPLICATE' | 'CONFLICT'; call: Call }
  /** It would change a call from before the tenant's horizon, or make one of that time. */
  | { outcome: 'BEYOND'; acceptsFrom: Date };

/** Whether a later snapshot takes the place of the stored one. */
export const grewFrom = (stored: Call, call: NewCall): boolean =>
  !stored.voidedAt && call.outputTokens > stored.outputTokens;

const reason = 'Replaced by a later snapshot of the same call.';

/**
 * Settles a call with other content than the stored one of its key. A later snapshot takes the place of an earlier one if
 * it has more output tokens; content that the call had before is a duplicate, and so is any snapshot of a voided call, and
 * anything that comes for one of which the user was erased.
 * Undefined when there is no call with the key, or when the prices are no longer those of the revision.
 */
export const settle = (
  em: SqlEntityManager,
  call: NewCall,
  priceRevision: number | undefined,
  at: Date,
): Promise<Settled | undefined> =>
  inTransaction(em, async (em): Promise<Settled | undefined> => {
    await holdBudgets(em, call.tenantId);
    const stored = await lockCall(em, call);
    if (!stored) return undefined;
    const contents = await earlierContents(em, call);
    const isSame = (hash: Uint8Array) => Buffer.compare(hash, call.contentHash) === 0;
    if (isErased(stored) || contents.some((hash) => isSame(hash) || isErased({ contentHash: hash })))
      return { outcome: 'DUPLICATE', call: stored };
    if (!call.replaces) return { outcome: 'CONFLICT', call: stored };
    if (!grewFrom(stored, call)) return { outcome: 'DUPLICATE', call: stored };
    const acceptsFrom = await holdHorizon(em, call.tenantId);
    const first = call.occurredAtGiven && call.occurredAt < stored.occurredAt ? call.occurredAt : stored.occurredAt;
    if (acceptsFrom && first < acceptsFrom) return { outcome: 'BEYOND', acceptsFrom };
    if (priceRevision !== undefined && (await modelPriceRevision(em)) !== priceRevision) return undefined;
    await noteCost(em, stored, reason);
    await setAside(em, call, { version: contents.length + 1, by: call.recordedBy, reason });
    const replacing = {
      ...call,
      recordedBy: stored.recordedBy,
      occurredAt: call.occurredAtGiven ? call.occurredAt : stored.occurredAt,
    };
    const { revision, budgets, isTold } =
      (await findBudgetsAndRevisions(em, [call.tenantId])).get(call.tenantId) ?? noBudgets;
    await takeBack(em, touches(budgets, stored));
    const [row] = await insertCalls(em, [replacing], undefined, {
      revisionOf: () => revision,
      touches: touches(budgets, replacing),
      watches: watches(budgets, replacing),
      isTold,
      settlements: settlementsOf([replacing]),
      late: [],
      at,
    });
    if (!row) throw new Error('The key of a call that was set aside is free.');
    await noteAdjustments(em, call.tenantId, { gone: [stored], come: [replacing], reason: 'replaced', at });
    return { outcome: 'REPLACED', call: { ...replacing, recordedAt: row.recordedAt } };
  });
