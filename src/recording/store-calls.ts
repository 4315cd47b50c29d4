import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { IdempotencyConflictError, type GatewayError } from '../platform/errors.ts';
import { withRetries } from '../platform/transaction.ts';
import { priceAll } from '../pricing/price-finder.ts';
import type { Call } from './call.entity.ts';
import { findCalls, insertCalls, type CallKey } from './call.repository.ts';
import type { NewCall } from './validate-call.ts';

export type Outcome =
  | { outcome: 'RECORDED' | 'DUPLICATE'; call: Call }
  | { outcome: 'REJECTED'; requestId: string | null; error: GatewayError };

/**
 * Prices and stores calls, of any tenants, and answers for each, in the order given. All are inserted by one statement,
 * which is the transaction: either all new ones are committed, or none is. Of those with one key the first is stored.
 */
export async function storeCalls(em: SqlEntityManager, calls: readonly NewCall[]): Promise<Outcome[]> {
  const first = new Map<string, NewCall>();
  for (const call of calls) {
    const key = keyOf(call);
    if (!first.has(key)) first.set(key, call);
  }
  const { inserted, found } = await withRetries(() => store(em, [...first.values()]));
  return calls.map((call): Outcome => {
    const key = keyOf(call);
    const recorded = inserted.get(key);
    if (recorded && first.get(key) === call) return { outcome: 'RECORDED', call: recorded };
    const stored = recorded ?? found.get(key);
    if (!stored) throw new Error('A call was neither stored nor found; was it deleted by hand?');
    return repeated(call, stored);
  });
}

// No identifier has a control character.
const keyOf = ({ tenantId, requestId }: CallKey) => `${tenantId}\n${requestId}`;

async function store(em: SqlEntityManager, calls: readonly NewCall[]) {
  const priced = await price(em, calls);
  const recordedAt = new Map((await insertCalls(em, priced)).map((row) => [keyOf(row), row.recordedAt]));
  const inserted = new Map<string, Call>();
  const others: NewCall[] = [];
  for (const call of priced) {
    const at = recordedAt.get(keyOf(call));
    if (at) inserted.set(keyOf(call), { ...call, recordedAt: at });
    else others.push(call);
  }
  // After the insert: what kept a call out is committed, and calls are never deleted.
  const found = await findCalls(em, others);
  return { inserted, found: new Map(found.map((call) => [keyOf(call), call])) };
}

/** Gives a cost to calls that came without one. */
async function price(em: SqlEntityManager, calls: readonly NewCall[]): Promise<NewCall[]> {
  const costs = (await priceAll(em, calls.filter(needsPrice))).values();
  return calls.map((call) => (needsPrice(call) ? { ...call, ...costs.next().value } : call));
}

const needsPrice = (call: NewCall) => call.costSource === 'UNPRICED' && !call.pricingIsFinal;

/** The same key again: a duplicate of the same call, or a conflict with another one. */
function repeated(call: NewCall, stored: Call): Outcome {
  const sameContent = Buffer.compare(call.contentHash, stored.contentHash) === 0;
  const sameTime = !call.occurredAtGiven || call.occurredAt.getTime() === stored.occurredAt.getTime();
  if (sameContent && sameTime) return { outcome: 'DUPLICATE', call: stored };
  return { outcome: 'REJECTED', requestId: call.requestId, error: new IdempotencyConflictError(call.requestId) };
}
