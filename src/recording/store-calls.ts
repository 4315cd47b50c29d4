import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { IdempotencyConflictError, type GatewayError } from '../platform/errors.ts';
import type { Orm } from '../platform/orm.ts';
import { withRetries } from '../platform/transaction.ts';
import { modelPriceRevision } from '../pricing/model-price.repository.ts';
import { PriceBook } from '../pricing/price-book.ts';
import type { Call } from './call.entity.ts';
import { findCalls, insertCalls, type CallKey } from './call.repository.ts';
import type { NewCall } from './validate-call.ts';

export type Outcome =
  | { outcome: 'RECORDED' | 'DUPLICATE'; call: Call }
  | { outcome: 'REJECTED'; requestId: string | null; error: GatewayError };

/** Stores calls that were checked, and answers for each in the order given. */
export type Store = (calls: readonly NewCall[]) => Promise<Outcome[]>;

/** A store of one statement at a time. It remembers prices for as long as they hold. */
export function createStore(orm: Orm): Store {
  const book = new PriceBook();
  const em = orm.em.fork();
  return (calls) => storeCalls(em, book, calls);
}

/**
 * Prices and stores calls, of any tenants, and answers for each, in the order given. All are inserted by one statement,
 * which is the transaction: either all new ones are committed, or none is. Of those with one key the first is stored.
 */
async function storeCalls(em: SqlEntityManager, book: PriceBook, calls: readonly NewCall[]): Promise<Outcome[]> {
  const first = new Map<string, NewCall>();
  for (const call of calls) {
    const key = keyOf(call);
    if (!first.has(key)) first.set(key, call);
  }
  const stored = await withRetries(() => store(em, book, [...first.values()]));
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

async function store(em: SqlEntityManager, book: PriceBook, calls: readonly NewCall[]): Promise<Map<string, Stored>> {
  const { revision, priced } = await price(em, book, calls);
  const recordedAt = new Map((await insertCalls(em, priced, revision)).map((row) => [keyOf(row), row.recordedAt]));
  // Nothing is stored at prices of the past; nothing is stored either when all calls are there already.
  if (revision !== undefined && recordedAt.size === 0 && (await modelPriceRevision(em)) !== revision) {
    book.turnPage();
    return store(em, book, calls);
  }
  const stored = new Map<string, Stored>();
  const others: NewCall[] = [];
  for (const call of priced) {
    const at = recordedAt.get(keyOf(call));
    if (at) stored.set(keyOf(call), { call: { ...call, recordedAt: at }, isNew: true });
    else others.push(call);
  }
  // After the insert: what kept a call out is committed, and calls are never deleted.
  for (const call of await findCalls(em.fork(), others)) stored.set(keyOf(call), { call, isNew: false });
  return stored;
}

interface Stored {
  call: Call;
  /** Whether this statement stored it. */
  isNew: boolean;
}

/** Gives a cost to calls that came without one. */
async function price(em: SqlEntityManager, book: PriceBook, calls: readonly NewCall[]) {
  const { revision, costs } = await book.priceAll(em, calls.filter(needsPrice));
  const next = costs.values();
  return { revision, priced: calls.map((call) => (needsPrice(call) ? { ...call, ...next.next().value } : call)) };
}

const needsPrice = (call: NewCall) => call.costSource === 'UNPRICED' && !call.pricingIsFinal;

/** The same key again: a duplicate of the same call, or a conflict with another one. */
function repeated(call: NewCall, stored: Call): Outcome {
  const sameContent = Buffer.compare(call.contentHash, stored.contentHash) === 0;
  const sameTime = !call.occurredAtGiven || call.occurredAt.getTime() === stored.occurredAt.getTime();
  if (sameContent && sameTime) return { outcome: 'DUPLICATE', call: stored };
  return { outcome: 'REJECTED', requestId: call.requestId, error: new IdempotencyConflictError(call.requestId) };
}
