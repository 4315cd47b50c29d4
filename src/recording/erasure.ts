import { Big } from 'big.js';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Erased, Person, PersonErasure } from '../audit/person-erasure.ts';
import { findBudgets } from '../limits/budget.repository.ts';
import { takeBack } from '../limits/counter.repository.ts';
import { touches, type Touch } from '../limits/touched-budgets.ts';
import type { Budget } from '../limits/budget.entity.ts';
import { formatDecimal } from '../values/money.ts';
import type { Call } from './call.entity.ts';
import {
  eraseCalls,
  eraseRecorder,
  findValuesInUse,
  findVersionsOf,
  listCallsOf,
  lockCallsOf,
  type CallPlace,
} from './erasure.repository.ts';

const callsAStep = 1000;

/** The ledger is gone through until nothing is found, and no more often than this where calls keep coming in. */
const mostPasses = 5;

/**
 * Takes the person out of the ledger: calls of the user with their earlier versions, and whoever recorded or voided calls.
 * Where tags are taken away, what budgets counted by them is taken back.
 */
export const recordingErasure: PersonErasure = {
  async erase(em, person, erased) {
    const budgets = (await findBudgets(em, person.tenantId)).filter((budget) => looksAtTags(budget, person));
    const pages = new ErasedPages(em, person, budgets);
    for (let pass = 1; pass <= mostPasses; pass++) if (!(await pages.erasePass())) break;
    await eraseRecorder(em, person);
    // Last, as whoever counts waits for the counters from here on.
    await takeBack(em, pages.counted);
    erased.calls += pages.calls;
    await noteGoneValues(em, person, pages.tagValues, erased);
  },
};

const looksAtTags = ({ scopeDimension, eachDimension }: Budget, { personalTags }: Person): boolean =>
  personalTags.some((tag) => [scopeDimension, eachDimension].includes(`tag:${tag}`));

class ErasedPages {
  calls = 0;
  readonly tagValues = new Map<string, Set<string>>();
  readonly #em: SqlEntityManager;
  readonly #person: Person;
  readonly #budgets: readonly Budget[];
  /** What calls had added to counters by tags that they have no more, summed up by counter. */
  readonly #counted = new Map<string, Touch>();

  constructor(em: SqlEntityManager, person: Person, budgets: readonly Budget[]) {
    this.#em = em;
    this.#person = person;
    this.#budgets = budgets;
  }

  get counted(): Touch[] {
    return [...this.#counted.values()];
  }

  /** Goes through the calls of the user once; false when there is none. */
  async erasePass(): Promise<boolean> {
    const versions = await findVersionsOf(this.#em, this.#person);
    for (let from = 0; from < versions.length; from += callsAStep)
      await eraseCalls(this.#em, this.#person, versions.slice(from, from + callsAStep));
    let after: CallPlace | undefined;
    for (;;) {
      const page = await listCallsOf(this.#em, this.#person, { first: callsAStep, after });
      if (page.length === 0) return after !== undefined;
      await this.#erasePage(page.map(({ requestId }) => requestId));
      after = page.at(-1);
    }
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

  #note(call: Call): void {
    for (const tag of this.#person.personalTags) {
      const value = call.tags?.[tag];
      if (value === undefined) continue;
      const values = this.tagValues.get(tag) ?? new Set();
      this.tagValues.set(tag, values.add(value));
    }
    if (call.voidedAt) return;
    for (const touch of touches(this.#budgets, call)) {
      const key = JSON.stringify([touch.budget_id, touch.period_start, touch.value]);
      this.#counted.set(key, plus(this.#counted.get(key), touch));
    }
  }
}

const plus = (one: Touch | undefined, other: Touch): Touch =>
  one ? { ...one, amount: formatDecimal(new Big(one.amount).plus(other.amount)) } : other;

async function noteGoneValues(
  em: SqlEntityManager,
  { tenantId }: Person,
  tagValues: Erased['tagValues'],
  erased: Erased,
): Promise<void> {
  for (const [tag, values] of tagValues) {
    const used = new Set(await findValuesInUse(em, tenantId, tag, values));
    const gone = [...values].filter((value) => !used.has(value));
    erased.tagValues.set(tag, new Set([...(erased.tagValues.get(tag) ?? []), ...gone]));
  }
}
