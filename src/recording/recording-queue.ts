import { OverloadedError } from '../values/errors.ts';
import { sqlState } from '../database/transaction.ts';
import { isUnavailable } from '../database/unavailable.ts';
import type { Orm } from '../database/orm.ts';
import type { Config } from '../settings/config.ts';
import { createStore, type Outcome, type Store } from './store-calls.ts';
import type { NewCall } from './validate-call.ts';

interface Waiting {
  calls: readonly NewCall[];
  resolve: (outcomes: Outcome[]) => void;
  reject: (error: unknown) => void;
}

export interface QueueLimits {
  /** Calls that may wait; beyond that callers get OVERLOADED. */
  maxCalls: number;
  /** Statements that may run at once. The second and later ones start only when enough calls wait to be worth one. */
  maxRunning: number;
}

/** Most calls that one statement stores, unless a single request has more. */
const callsAtOnce = 1000;
/** A statement costs as much as storing about fifty calls, so few calls had better wait for the next one. */
const callsWorthAStatement = 100;

/**
 * Gathers the calls of concurrent requests into few statements. Calls that arrive while a statement runs wait and go into
 * the next one together: an idle gateway adds no delay, and a busy one commits many calls at once. Each caller is answered
 * after its own calls are committed.
 */
export class RecordingQueue {
  readonly #store: Store;
  readonly #limits: QueueLimits;
  #waiting: Waiting[] = [];
  #waitingCalls = 0;
  #running = 0;
  #scheduled = false;

  constructor(store: Store, limits: QueueLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  /**
   * Resolves with the outcome of each call, in the order given, once it is committed.
   * @throws {OverloadedError} at once when too many calls wait.
   */
  readonly store: Store = async (calls) => {
    if (this.#waitingCalls > 0 && this.#waitingCalls + calls.length > this.#limits.maxCalls)
      throw new OverloadedError('Too many calls are waiting to be stored. Try again.');
    const { promise, resolve, reject } = Promise.withResolvers<Outcome[]>();
    this.#waiting.push({ calls, resolve, reject });
    this.#waitingCalls += calls.length;
    this.#schedule();
    return promise;
  };

  /** Starts statements one turn of the event loop later, when requests that arrived together have all been read. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#mayRunAnother()) void this.#run(this.#take());
    });
  }

  #mayRunAnother(): boolean {
    if (this.#running === 0) return this.#waiting.length > 0;
    return this.#running < this.#limits.maxRunning && this.#waitingCalls >= callsWorthAStatement;
  }

  #take(): Waiting[] {
    let calls = 0;
    const end = this.#waiting.findIndex((waiting, index) => {
      calls += waiting.calls.length;
      return index > 0 && calls > callsAtOnce;
    });
    const taken = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
    for (const { calls } of taken) this.#waitingCalls -= calls.length;
    return taken;
  }

  async #run(group: readonly Waiting[]): Promise<void> {
    this.#running++;
    try {
      await this.#storeTogether(group);
    } finally {
      this.#running--;
      if (this.#waiting.length > 0) this.#schedule();
    }
  }

  async #storeTogether(group: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#store(group.flatMap(({ calls }) => calls));
      let at = 0;
      for (const { calls, resolve } of group) resolve(outcomes.slice(at, (at += calls.length)));
    } catch (error) {
      if (group.length === 1 || isUnavailable(error)) {
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
      } catch (error) {
        reject(error);
        // If the same error comes again or the database is gone, the cause is not one call: the rest would fail as well.
        if (failures.has(sqlState(error)) || isUnavailable(error)) {
          for (const waiting of group.slice(index + 1)) waiting.reject(error);
          return;
        }
        failures.add(sqlState(error));
      }
    }
  }
}

/** PostgreSQL takes the next statement while one commits; the embedded database has one connection. */
const statementsOnServer = 2;

/** A queue with limits that suit the database. A gateway has one, for all its requests. */
export const createRecordingQueue = (
  orm: Orm,
  { recordingQueueMax, databaseUrl }: Pick<Config, 'recordingQueueMax' | 'databaseUrl'>,
): RecordingQueue =>
  new RecordingQueue(createStore(orm), {
    maxCalls: recordingQueueMax,
    maxRunning: databaseUrl ? statementsOnServer : 1,
  });

declare module '../caller/request-context.ts' {
  interface RequestServices {
    /** Stores the calls of all requests. */
    readonly recordingQueue: RecordingQueue;
  }
}
