import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { OverloadedError } from '../values/errors.ts';
import { systemClock, type Clock } from '../values/clock.ts';
import type { TenantId } from '../values/identifier.ts';
import type { Orm } from '../database/orm.ts';
import { withRetries } from '../database/transaction.ts';
import { whileRecording } from '../database/work.ts';
import { observeStoring } from '../telemetry/observe-recording.ts';
import { insertMissingTenants } from '../tenancy/tenant.repository.ts';
import { modelPriceRevision } from '../pricing/model-price.repository.ts';
import { PriceBook } from '../pricing/price-book.ts';
import { pricedFieldsOf } from './priced-cost.ts';
import { CountingBook } from './counting.ts';
import type { Call } from './call.entity.ts';
import { existingTenants, findCalls, insertCalls, type CallKey, type ExistingTenant } from './call.repository.ts';
import { notChanged, notRecorded } from './horizon.repository.ts';
import { grewFrom, settle } from './replacing.ts';
import {
  conflict,
  isConflict,
  rejected,
  repeated,
  TenantHeldUpError,
  withoutTenant,
  type Outcome,
} from './outcomes.ts';
import { UnpricedBook } from './unpriced-book.ts';
import type { NewCall } from './validate-call.ts';

/** Stores checked calls and returns the outcome of each, in the order given. */
export type Store = (calls: readonly NewCall[]) => Promise<Outcome[]>;

/** A store that remembers prices, budgets and closed months until they change. */
export function createStore(orm: Orm, clock: Clock = systemClock): Store {
  const books = { prices: new PriceBook(), counting: new CountingBook(), unpriced: new UnpricedBook(), clock };
  const em = orm.em.fork();
  return (calls) => observeStoring(calls, () => whileRecording(() => storeCalls(em, books, calls)));
}

/** What calls are priced and counted by, as it was last read, and which lack of a price is news. */
interface Books {
  prices: PriceBook;
  counting: CountingBook;
  unpriced: UnpricedBook;
  clock: Clock;
}

/** What storing calls would come to, in the order given. Nothing is stored. */
export async function previewCalls(em: SqlEntityManager, calls: readonly NewCall[], now: Date): Promise<Outcome[]> {
  await price(em, new PriceBook(), calls);
  const found = new Map((await findCalls(em, calls)).map((call) => [keyOf(call), call]));
  const tenants = await existingTenants(em, tenantsOf(calls));
  return calls.map((call): Outcome => {
    const stored = found.get(keyOf(call));
    const recordedAt = call.recordedAt ?? now;
    const tenant = tenants.get(call.tenantId);
    const beyond = isBefore(call, tenant);
    if (!stored && beyond) return rejected(call, notRecorded(beyond));
    if (!stored) return { outcome: 'RECORDED', call: Object.assign(call, { recordedAt }) };
    const outcome = repeated(call, stored);
    if (!call.replaces || !isConflict(outcome)) return outcome;
    const changed = grewFrom(stored, call) ? (beyond ?? isBefore(stored, tenant)) : undefined;
    if (changed) return rejected(call, notChanged(call.requestId, changed));
    return grewFrom(stored, call)
      ? { outcome: 'REPLACED', call: Object.assign(call, { recordedAt }) }
      : { outcome: 'DUPLICATE', call: stored };
  });
}

/**
 * Prices and stores calls of any tenants, and returns the outcome of each, in the order given. One statement inserts them
 * all and is the transaction: either all new calls are committed, or none is. Of several calls with the same key the first
 * is stored.
 */
async function storeCalls(em: SqlEntityManager, books: Books, calls: readonly NewCall[]): Promise<Outcome[]> {
  const distinct: NewCall[] = [];
  const places = new Map<string, number>();
  const placeOf = calls.map((call) => {
    const key = keyOf(call);
    const place = places.get(key) ?? distinct.push(call) - 1;
    places.set(key, place);
    return place;
  });
  const entries = await withRetries(() => store(em, books, distinct));
  const outcomes = calls.map((call, index): Outcome => {
    const place = placeOf[index] ?? -1;
    const entry = entries[place];
    if (!entry) return withoutTenant(call);
    if (entry === heldUp) return rejected(call, new TenantHeldUpError(call.tenantId));
    if ('beyond' in entry) return rejected(call, notRecorded(entry.beyond));
    return entry.isNew && distinct[place] === call
      ? { outcome: 'RECORDED', call: entry.call }
      : repeated(call, entry.call);
  });
  // One after another, as several of them may be of one call.
  for (const [index, call] of calls.entries())
    if (isConflict(outcomes[index])) outcomes[index] = await settled(em, books, call);
  return outcomes;
}

/** What becomes of a call with other content than the stored one, or with that of an earlier version. */
async function settled(em: SqlEntityManager, { prices, clock }: Books, call: NewCall): Promise<Outcome> {
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const result = await settle(em.fork(), call, await price(em, prices, [call]), clock());
    if (result?.outcome === 'CONFLICT') return conflict(call);
    if (result?.outcome === 'BEYOND') return rejected(call, notChanged(call.requestId, result.acceptsFrom));
    if (result) return { outcome: result.outcome, call: result.call };
    prices.turnPage();
  }
  return rejected(call, new OverloadedError('The call is changed by others at the same time. Try again.', 1));
}

const mostAttempts = 5;

// No identifier has a control character.
const keyOf = ({ tenantId, requestId }: CallKey) => `${tenantId}\n${requestId}`;

interface Entry {
  call: Call;
  /** Whether this statement stored the call. */
  isNew: boolean;
}

/** In place of the entry of a call from before its tenant's horizon, which is given. */
interface Beyond {
  beyond: Date;
}

/** In place of the entry of a call whose tenant is being deleted or has its budgets changed. */
const heldUp = Symbol('held up');
type MaybeEntry = Entry | Beyond | typeof heldUp | undefined;

/** The horizon that a call is from before; undefined for any other call. */
const isBefore = ({ occurredAt }: Pick<Call, 'occurredAt'>, tenant: ExistingTenant | undefined): Date | undefined =>
  tenant?.acceptsFrom && occurredAt < tenant.acceptsFrom ? tenant.acceptsFrom : undefined;

/** Stores calls with distinct keys; the entries are in the same order. */
async function store(em: SqlEntityManager, books: Books, calls: readonly NewCall[]): Promise<readonly MaybeEntry[]> {
  const revision = await price(em, books.prices, calls);
  const unpriced = books.unpriced.among(calls);
  const counting = books.counting.counting(calls, books.clock());
  const rows = await insertCalls(em, calls, revision, { ...counting, unpriced });
  // Nothing was stored: either the prices have changed, or all calls were stored before.
  if (revision !== undefined && rows.length === 0 && (await modelPriceRevision(em)) !== revision) {
    books.prices.turnPage();
    return store(em, books, calls);
  }
  const recordedAt = new Map(rows.map((row) => [keyOf(row), row.recordedAt]));
  if (unpriced.length > 0)
    books.unpriced.note(
      unpriced.filter((one) => recordedAt.has(keyOf({ tenantId: one.tenant_id, requestId: one.request_id }))),
    );
  const others = rows.length < calls.length ? calls.filter((call) => !recordedAt.has(keyOf(call))) : [];
  // Read after the insert: a call that conflicted is committed by then, and calls are never deleted.
  const found = new Map((await findCalls(em.fork(), others)).map((call) => [keyOf(call), call]));
  const left = others.filter((call) => !found.has(keyOf(call)));
  const passedOver = left.length > 0 ? await existingTenants(em, tenantsOf(left)) : new Map<TenantId, ExistingTenant>();
  const refused = (call: NewCall) => isBefore(call, passedOver.get(call.tenantId));
  const waiting = new Set(left.flatMap((call) => (refused(call) ? [] : [call.tenantId])));
  const outdated = [...passedOver].flatMap(([id, { revision }]) =>
    waiting.has(id) && revision !== books.counting.revisionOf(id) ? [id] : [],
  );
  if (outdated.length > 0) {
    await books.counting.read(em, outdated);
    return storeRest(em, books, calls, { recordedAt, found });
  }
  const ofNewTenants = left.filter((call) => call.mayCreateTenant && !passedOver.has(call.tenantId));
  const made = await storeOfNewTenants(em, books, ofNewTenants);
  return calls.map((call) => {
    const key = keyOf(call);
    const at = recordedAt.get(key);
    if (at) return { call: Object.assign(call, { recordedAt: at }), isNew: true };
    const stored = found.get(key);
    if (stored) return { call: stored, isNew: false };
    const beyond = refused(call);
    if (beyond) return { beyond };
    return passedOver.has(call.tenantId) ? heldUp : made.get(key);
  });
}

/** Stores the calls that are not stored yet, by the budgets and closed months that have been read meanwhile; the entries are in order. */
async function storeRest(
  em: SqlEntityManager,
  books: Books,
  calls: readonly NewCall[],
  { recordedAt, found }: { recordedAt: ReadonlyMap<string, Date>; found: ReadonlyMap<string, Call> },
): Promise<readonly MaybeEntry[]> {
  const isOpen = (call: NewCall) => !recordedAt.has(keyOf(call)) && !found.has(keyOf(call));
  const rest = (await store(em, books, calls.filter(isOpen))).values();
  return calls.map((call): MaybeEntry => {
    if (isOpen(call)) return rest.next().value;
    const [at, stored] = [recordedAt.get(keyOf(call)), found.get(keyOf(call))];
    return at
      ? { call: Object.assign(call, { recordedAt: at }), isNew: true }
      : stored && { call: stored, isNew: false };
  });
}

/** Creates the tenants of calls and stores these; the entries are by key. */
async function storeOfNewTenants(
  em: SqlEntityManager,
  books: Books,
  calls: readonly NewCall[],
): Promise<Map<string, MaybeEntry>> {
  if (calls.length === 0) return new Map();
  await insertMissingTenants(
    em,
    tenantsOf(calls).map((id) => ({ id, name: id, timezone: 'UTC' })),
  );
  const entries = await store(em, books, calls);
  return new Map(calls.map((call, index) => [keyOf(call), entries[index]]));
}

const tenantsOf = (calls: readonly NewCall[]) => [...new Set(calls.map(({ tenantId }) => tenantId))];

/** Sets the cost of calls whose cost is not final. Returns the revision of the prices used; undefined if none were. */
async function price(em: SqlEntityManager, book: PriceBook, calls: readonly NewCall[]): Promise<number | undefined> {
  const open = calls.filter((call) => !call.costIsFinal);
  const { revision, costs } = await book.priceAll(em, open);
  for (const [index, cost] of costs.entries()) Object.assign(open[index] ?? {}, pricedFieldsOf(cost));
  return revision;
}
