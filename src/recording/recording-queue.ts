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
  /** Calls that may wait; beyond them callers are told OVERLOADED. */
  maxCalls: number;
  /** Statements that run at once, the second and later ones only when enough calls wait to be worth one. */
  maxRunning: number;
}

/** Calls of one statement, unless a single request has more. */
const callsAtOnce = 1000;
/** A statement costs as much as some fifty calls: fewer had better wait for the next one. */
const callsWorthAStatement = 100;

/**
 * Gathers the calls of concurrent requests into few statements. While statements run, what arrives waits and goes into
 * the next one together: an idle gateway adds no delay, a busy one commits once for many. Each caller is answered after
 * the commit of its own calls.
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
      throw new OverloadedError('More calls are waiting than can be stored in time. Try again.');
    const { promise, resolve, reject } = Promise.withResolvers<Outcome[]>();
    this.#waiting.push({ calls, resolve, reject });
    this.#waitingCalls += calls.length;
    this.#schedule();
    return promise;
  };

  /** A turn of the event loop later, when requests that arrived together have all been read. */
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

  /** One of them does what no check has foreseen; the others must not fail of it. */
  async #storeOneByOne(group: readonly Waiting[]): Promise<void> {
    const failures = new Set<string>();
    for (const [index, { calls, resolve, reject }] of group.entries()) {
      try {
        resolve(await this.#store(calls));
      } catch (error) {
        reject(error);
        // The same again is no matter of one call, nor is a database that is gone: the rest would fail as slowly.
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

/** A queue as the database bears it. A gateway has one, for all its requests. */
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
    /** Takes the calls of all requests. */
    readonly recordingQueue: RecordingQueue;
  }
}
