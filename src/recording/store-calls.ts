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
  const stored = await withRetries(() => store(em, [...first.values()]));
  return calls.map((call): Outcome => {
    const key = keyOf(call);
    const entry = stored.get(key);
    if (!entry) throw new Error('A call was neither stored nor found; was it deleted by hand?');
    return entry.isNew && first.get(key) === call
      ? { outcome: 'RECORDED', call: entry.call }
      : repeated(call, entry.call);
  });
}

// No identifier has a control character.
const keyOf = ({ tenantId, requestId }: CallKey) => `${tenantId}\n${requestId}`;

async function store(em: SqlEntityManager, calls: readonly NewCall[]): Promise<Map<string, Stored>> {
  const priced = await price(em, calls);
  const recordedAt = new Map((await insertCalls(em, priced)).map((row) => [keyOf(row), row.recordedAt]));
  const stored = new Map<string, Stored>();
  const others: NewCall[] = [];
  for (const call of priced) {
    const at = recordedAt.get(keyOf(call));
    if (at) stored.set(keyOf(call), { call: { ...call, recordedAt: at }, isNew: true });
    else others.push(call);
  }
  // After the insert: what kept a call out is committed, and calls are never deleted.
  for (const call of await findCalls(em, others)) stored.set(keyOf(call), { call, isNew: false });
  return stored;
}

interface Stored {
  call: Call;
  /** Whether this statement stored it. */
  isNew: boolean;
}

/** Gives a cost to calls that came without one. */
async function price(em: SqlEntityManager, calls: readonly NewCall[]): Promise<NewCall[]> {
  const billable = calls.filter((call) => call.costSource === 'UNPRICED');
  const costs = (await priceAll(em, billable)).values();
  return calls.map((call) => (call.costSource === 'UNPRICED' ? { ...call, ...costs.next().value } : call));
}

/** The same key again: a duplicate of the same call, or a conflict with another one. */
function repeated(call: NewCall, stored: Call): Outcome {
  const sameContent = Buffer.compare(call.contentHash, stored.contentHash) === 0;
  const sameTime = !call.occurredAtGiven || call.occurredAt.getTime() === stored.occurredAt.getTime();
  if (sameContent && sameTime) return { outcome: 'DUPLICATE', call: stored };
  return { outcome: 'REJECTED', requestId: call.requestId, error: new IdempotencyConflictError(call.requestId) };
}
