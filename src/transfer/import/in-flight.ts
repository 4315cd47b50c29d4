/**
 * Runs steps at the same time, so many at once, and hands their results on in the order in which they were started. Steps
 * that have a key in common run one after another.
 */
export class InFlight {
  readonly #most: number;
  /** Steps that are not handed on yet, with their keys. */
  readonly #running = new Map<Promise<void>, ReadonlySet<string>>();
  #last: Promise<void> = Promise.resolve();

  constructor(most: number) {
    this.#most = most;
  }

  /** Waits until a step with these keys may start. @throws what an earlier step has thrown. */
  async room(keys: ReadonlySet<string>): Promise<void> {
    while (this.#running.size >= this.#most) await Promise.race(this.#running.keys());
    if ([...this.#running.values()].some((others) => hasCommon(keys, others))) await this.finish();
  }

  start<Result>(
    keys: ReadonlySet<string>,
    run: () => Promise<Result>,
    handOn: (result: Result) => Promise<void>,
  ): void {
    const handed = Promise.all([run(), this.#last]).then(([result]) => handOn(result));
    this.#running.set(handed, keys);
    this.#last = handed;
    const gone = () => void this.#running.delete(handed);
    // A failure is handled where it is awaited; until then it must not count as unhandled.
    handed.then(gone, () => undefined);
  }

  /** Waits until everything that was started is handed on. @throws what a step has thrown. */
  finish(): Promise<void> {
    return this.#last;
  }

  /** Waits until nothing runs any more, whatever became of it. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#running.keys());
  }
}

function hasCommon(keys: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  for (const key of keys) if (others.has(key)) return true;
  return false;
}
