import { Big } from 'big.js';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Erased, Person, PersonErasure, Uncounted } from '../audit/person-erasure.ts';
import { findBudgets } from '../limits/budget.repository.ts';
import { touches } from '../limits/touched-budgets.ts';
import type { Budget } from '../limits/budget.entity.ts';
import { formatDecimal } from '../values/money.ts';
import {
  eraseCalls,
  eraseRecorder,
  findValuesInUse,
  findVersionsOf,
  listCallsOf,
  listUnfoldedOf,
  lockCallsOf,
  type CallPlace,
  type UsersCall,
} from './erasure.repository.ts';

const callsAStep = 1000;

/** The ledger is gone through until nothing is found, and no more often than this where calls keep coming in. */
const mostPasses = 5;

/**
 * Takes the person out of the ledger: calls of the user with their earlier versions, and whoever recorded or voided calls.
 * Where tags are taken away, it notes what budgets have counted by them. What came meanwhile is not folded yet.
 */
export const recordingErasure: PersonErasure = {
  async erase(em, person, erased) {
    const pages = new ErasedPages(em, person, await budgetsByTags(em, person));
    for (let pass = 1; pass <= mostPasses; pass++) if (!(await pages.erasePass())) break;
    await eraseRecorder(em, person, 'all');
    pages.addTo(erased);
    for (const [tag, values] of pages.tagValues)
      erased.tagValues.set(
        tag,
        without(values, await findValuesInUse(em, person.tenantId, { tag, values, among: 'all' })),
      );
  },

  async settle(em, person, erased) {
    const pages = new ErasedPages(em, person, await budgetsByTags(em, person));
    await pages.erase(await listUnfoldedOf(em, person));
    await eraseRecorder(em, person, 'unfolded');
    pages.addTo(erased);
    const { tenantId } = person;
    for (const [tag, values] of pages.tagValues) {
      const known = erased.tagValues.get(tag) ?? new Set();
      const more = without(values, known);
      const used = more.size > 0 ? await findValuesInUse(em, tenantId, { tag, values: more, among: 'all' }) : [];
      erased.tagValues.set(tag, new Set([...known, ...without(more, used)]));
    }
    for (const [tag, values] of erased.tagValues)
      erased.tagValues.set(
        tag,
        without(values, await findValuesInUse(em, tenantId, { tag, values, among: 'unfolded' })),
      );
  },
};

function without(values: ReadonlySet<string>, others: Iterable<string>): Set<string> {
  const rest = new Set(values);
  for (const value of others) rest.delete(value);
  return rest;
}

/** Budgets whose counters depend on tags that are taken away. */
const budgetsByTags = async (em: SqlEntityManager, { tenantId, personalTags }: Person): Promise<Budget[]> =>
  (await findBudgets(em, tenantId)).filter(({ scopeDimension, eachDimension }) =>
    personalTags.some((tag) => [scopeDimension, eachDimension].includes(`tag:${tag}`)),
  );

class ErasedPages {
  calls = 0;
  /** Values of personal tags that calls had, by the name of the tag. */
  readonly tagValues = new Map<string, Set<string>>();
  readonly #em: SqlEntityManager;
  readonly #person: Person;
  readonly #budgets: readonly Budget[];
  /** What calls had added to counters by tags that they have no more, by counter. */
  readonly #uncounted = new Map<string, Uncounted>();

  constructor(em: SqlEntityManager, person: Person, budgets: readonly Budget[]) {
    this.#em = em;
    this.#person = person;
    this.#budgets = budgets;
  }

  addTo(erased: Erased): void {
    erased.calls += this.calls;
    erased.uncounted.push(...this.#uncounted.values());
  }

  /** Goes through the calls of the user once; false when there is none. */
  async erasePass(): Promise<boolean> {
    // They are void, so that no budget counts them.
    for (const some of steps(await findVersionsOf(this.#em, this.#person)))
      await eraseCalls(this.#em, this.#person, some);
    let after: CallPlace | undefined;
    for (;;) {
      const page = await listCallsOf(this.#em, this.#person, { first: callsAStep, after });
      if (page.length === 0) return after !== undefined;
      await this.#erasePage(page.map(({ requestId }) => requestId));
      after = page.at(-1);
    }
  }

  /** Erases calls of the user by key. */
  async erase(requestIds: readonly string[]): Promise<void> {
    for (const some of steps(requestIds)) await this.#erasePage(some);
  }

  async #erasePage(requestIds: readonly string[]): Promise<void> {
    if (this.#person.personalTags.length === 0) {
      this.calls += await eraseCalls(this.#em, this.#person, requestIds);
      return;
    }
    const calls = await lockCallsOf(this.#em, this.#person, requestIds);
    for (const call of calls) this.#note(call);
    this.calls += await eraseCalls(
      this.#em,
      this.#person,
      calls.map(({ requestId }) => requestId),
    );
  }

  #note(call: UsersCall): void {
    for (const tag of this.#person.personalTags) {
      const value = call.tags?.[tag];
      if (value === undefined) continue;
      const values = this.tagValues.get(tag) ?? new Set();
      this.tagValues.set(tag, values.add(value));
    }
    if (call.isVoid) return;
    for (const { budget_id: budgetId, period_start: periodStart, value, amount, calls } of touches(
      this.#budgets,
      call,
    )) {
      const key = JSON.stringify([budgetId, periodStart, value]);
      const before = this.#uncounted.get(key);
      const sum = formatDecimal(new Big(before?.amount ?? 0).plus(amount));
      this.#uncounted.set(key, {
        budgetId,
        periodStart,
        value,
        amount: sum,
        calls: calls && (before?.calls ?? 0) + calls,
      });
    }
  }
}

const steps = (requestIds: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(requestIds.length / callsAStep) }, (_, step) =>
    requestIds.slice(step * callsAStep, (step + 1) * callsAStep),
  );
