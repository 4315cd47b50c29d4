import { Turns } from '../admission/turns.ts';
import { OverloadedError } from '../values/errors.ts';
import { sqlState } from '../database/transaction.ts';
import { isTimedOut, isUnavailable } from '../database/unavailable.ts';
import type { Config } from '../settings/config.ts';
import type { Outcome } from './outcomes.ts';
import type { Store } from './store-calls.ts';
import type { NewCall } from './validate-call.ts';

interface Waiting {
  calls: readonly NewCall[];
  tenant: string;
  /** Reading of the clock at which it is given up. */
  until: number;
  resolve: (outcomes: Outcome[]) => void;
  reject: (error: unknown) => void;
}

export interface QueueLimits {
  /** Calls that may wait. A tenant may have as many of them as room is left, so that others always find some. */
  maxCalls: number;
  /** Statements that may run at once. The second and later ones start only when enough calls wait to be worth one. */
  maxRunning: number;
  /** Whether one more may run beside large statements, for tenants with few calls that have none of their own running. */
  overtaking: boolean;
  /** Calls that would wait longer get OVERLOADED at once, and those that did, however that came, get it then. */
  maxWaitMs: number;
}

/** Most calls that one statement stores, unless a single request has more. */
const callsAtOnce = 1000;
/** A statement costs as much as storing about fifty calls, so few calls had better wait for the next one. */
const callsWorthAStatement = 100;
/** Calls of one tenant in a statement while others wait as well, whose calls are answered with that statement. */
const callsInTurn = 200;
/** How much the newest statement counts in what is known about the speed. */
const newest = 0.2;
/** Large statements before their speed is believed: the first ones meet cold caches. */
const statementsToLearn = 3;

/**
 * Gathers the calls of concurrent requests into few statements. Calls that arrive while a statement runs wait and go into
 * the next one together: an idle gateway adds no delay, and a busy one commits many calls at once. Each caller is answered
 * after its own calls are committed. Tenants take turns: whoever sends a flood waits for it alone, and is refused alone.
 */
export class RecordingQueue {
  readonly #store: Store;
  readonly #limits: QueueLimits;
  readonly #now: () => number;
  readonly #waiting = new Turns<Waiting>({ groupCost: callsAtOnce, turnCost: callsInTurn });
  /** The tenants of each running statement, where it is a large one; undefined for a small one. */
  readonly #statements = new Map<readonly Waiting[], ReadonlySet<string> | undefined>();
  #scheduled = false;
  /** Milliseconds from one stored call to the next, while calls wait. */
  #msPerCall = 0;
  #measured = 0;
  #patience: NodeJS.Timeout | undefined;
  /** When calls were last stored, or began to wait after a time in which none did. */
  #progressAt = 0;

  constructor(store: Store, limits: QueueLimits, now: () => number = () => performance.now()) {
    this.#store = store;
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Resolves with the outcome of each call, in the order given, once it is committed.
   * @throws {OverloadedError} at once when too many calls of this tenant wait, or of all.
   */
  readonly store: Store = async (calls) => {
    const tenant = tenantOf(calls);
    this.#admit(tenant, calls.length);
    const { promise, resolve, reject } = Promise.withResolvers<Outcome[]>();
    const until = this.#now() + this.#limits.maxWaitMs;
    if (this.#statements.size === 0 && this.#waiting.cost === 0) this.#progressAt = this.#now();
    this.#waiting.add(tenant, calls.length, { calls, tenant, until, resolve, reject });
    this.#schedule();
    this.#watch();
    return promise;
  };

  /** Milliseconds that further calls of a tenant would wait, by what waits before them and the speed of late. */
  expectedWait(tenant: string): number {
    const own = this.#waiting.costOf(tenant);
    const lanes = this.#waiting.lanes + (own === 0 ? 1 : 0);
    if (this.#measured < statementsToLearn) return 0;
    return Math.min(this.#waiting.cost, own * lanes) * this.#msPerCall;
  }

  /** Milliseconds for which calls have waited without any being stored; 0 while none waits. */
  stalledMs(): number {
    return this.#statements.size === 0 && this.#waiting.cost === 0 ? 0 : this.#now() - this.#progressAt;
  }

  #admit(tenant: string, count: number): void {
    const { maxCalls, maxWaitMs } = this.#limits;
    const own = this.#waiting.costOf(tenant);
    const room = maxCalls - this.#waiting.cost - count;
    // What is larger than the whole queue is taken when nothing waits.
    const fits = this.#waiting.cost === 0 || (room >= 0 && (own === 0 || own + count <= room));
    const wait = this.expectedWait(tenant);
    if (fits && wait <= maxWaitMs) return;
    throw new OverloadedError(
      fits
        ? `These calls would wait ${Math.round(wait)} ms to be stored, more than ${maxWaitMs}. Try again later.`
        : `${own} calls of this tenant, of ${this.#waiting.cost}, are waiting to be stored; there is no room for ${count} more. Try again.`,
      Math.max(1, Math.ceil(wait / 1000)),
    );
  }

  /** Starts statements one turn of the event loop later, when requests that arrived together have all been read. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#mayRunAnother()) void this.#run(this.#waiting.take());
      if (this.#mayOvertake()) void this.#run(this.#waiting.take(this.#overtakes));
    });
  }

  #mayOvertake(): boolean {
    const large = [...this.#statements.values()].every((tenants) => tenants !== undefined);
    const free = this.#statements.size <= this.#limits.maxRunning;
    return this.#limits.overtaking && large && free && this.#waiting.has(this.#overtakes);
  }

  readonly #overtakes = (tenant: string): boolean =>
    this.#waiting.costOf(tenant) < callsWorthAStatement &&
    !this.#statements.values().some((tenants) => tenants?.has(tenant));

  #mayRunAnother(): boolean {
    if (this.#statements.size === 0) return this.#waiting.cost > 0;
    return this.#statements.size < this.#limits.maxRunning && this.#waiting.cost >= callsWorthAStatement;
  }

  async #run(group: readonly Waiting[]): Promise<void> {
    const count = countOf(group);
    const tenants = count < callsWorthAStatement ? undefined : new Set(group.map(({ tenant }) => tenant));
    this.#statements.set(group, tenants);
    const started = this.#now();
    try {
      await this.#storeTogether(group);
    } finally {
      this.#measure((this.#now() - started) / count / this.#statements.size, count);
      this.#statements.delete(group);
      if (this.#waiting.cost > 0) this.#schedule();
    }
  }

  /** Small statements say little about how long many calls take. */
  #measure(msPerCall: number, count: number): void {
    if (count < callsWorthAStatement) return;
    this.#measured++;
    this.#msPerCall += (msPerCall - this.#msPerCall) * Math.max(newest, 1 / this.#measured);
  }

  /** While calls wait, looks now and then for those that waited too long, whatever the statements before them do. */
  #watch(): void {
    if (this.#patience) return;
    const everyMs = Math.max(1, Math.ceil(this.#limits.maxWaitMs / 4));
    this.#patience = setInterval(() => this.giveUp(), everyMs).unref();
  }

  /** Refuses what has waited too long. None of it is in a statement, so nothing of it is stored. */
  giveUp(): void {
    const now = this.#now();
    const { maxWaitMs } = this.#limits;
    const message = `These calls waited ${maxWaitMs} ms to be stored, and were not. Try again.`;
    for (const { reject } of this.#waiting.drop(({ until }) => until <= now)) reject(new OverloadedError(message));
    if (this.#waiting.cost > 0) return;
    clearInterval(this.#patience);
    this.#patience = undefined;
  }

  async #storeTogether(group: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#store(group.flatMap(({ calls }) => calls));
      this.#progressAt = this.#now();
      let at = 0;
      for (const { calls, resolve } of group) resolve(outcomes.slice(at, (at += calls.length)));
    } catch (error) {
      // The database works where a call was to blame.
      if (!isOfAll(error)) this.#progressAt = this.#now();
      if (group.length === 1 || isOfAll(error)) {
        for (const { reject } of group) reject(error);
        return;
      }
      await this.#storeOneByOne(group);
    }
  }

  /** After a failure that no check has foreseen: the calls that did not cause it must not fail because of it. */
  async #storeOneByOne(group: readonly Waiting[]): Promise<void> {
    const failures = new Set<string>();
    for (const [index, { calls, resolve, reject }] of group.entries()) {
      try {
        resolve(await this.#store(calls));
        this.#progressAt = this.#now();
      } catch (error) {
        reject(error);
        // If the same error comes again or the database is gone, the cause is not one call: the rest would fail as well.
        if (failures.has(sqlState(error)) || isOfAll(error)) {
          for (const waiting of group.slice(index + 1)) waiting.reject(error);
          return;
        }
        failures.add(sqlState(error));
      }
    }
  }
}

const countOf = (group: readonly Waiting[]) => group.reduce((sum, { calls }) => sum + calls.length, 0);

/** The tenant of all these calls; a request for several tenants, as superusers send, has a turn of its own. */
function tenantOf(calls: readonly NewCall[]): string {
  const [first, ...rest] = calls;
  return first && rest.every(({ tenantId }) => tenantId === first.tenantId) ? first.tenantId : '';
}

/** Whether an error has to do with the database rather than with one of the calls. */
const isOfAll = (error: unknown) => isUnavailable(error) || isTimedOut(error);

/** PostgreSQL takes the next statement while one commits; the embedded database has one connection. */
const statementsOnServer = 2;

/** A queue with limits that suit the database. A gateway has one, for all its requests. */
export const createRecordingQueue = (
  store: Store,
  {
    recordingQueueMax,
    recordingWaitMs,
    databaseUrl,
  }: Pick<Config, 'recordingQueueMax' | 'recordingWaitMs' | 'databaseUrl'>,
): RecordingQueue =>
  new RecordingQueue(store, {
    maxCalls: recordingQueueMax,
    maxWaitMs: recordingWaitMs,
    maxRunning: databaseUrl ? statementsOnServer : 1,
    overtaking: databaseUrl !== undefined,
  });

declare module '../caller/request-context.ts' {
  interface RequestServices {
    /** Stores the calls of all requests. */
    readonly recordingQueue: RecordingQueue;
  }
}
