import { OverloadedError } from '../values/errors.ts';
import { Turns } from './turns.ts';

export interface GateLimits {
  /** What passes, as errors call it: "reports". */
  what: string;
  /** How many are inside at the same time. */
  maxInside: number;
  /** Of these, those of one lane while others come, so that the others find their way past them. */
  maxInsideEach: number;
  /** How many of one lane wait; beyond that they are refused at once. */
  maxWaitingEach: number;
  /** Longest wait in milliseconds. */
  maxWaitMs: number;
  /** How long a lane counts as coming after it came last, in milliseconds; a lane that comes alone may fill the gate. */
  companyMs: number;
}

interface Waiting {
  start: () => void;
  refuse: (error: OverloadedError) => void;
  until: number;
}

const checkEveryMs = 500;

/** Lets what comes in lanes, such as a tenant's requests, in by turns: a lane that brings a lot waits for itself. */
export class Gate {
  readonly #limits: GateLimits;
  readonly #waiting = new Turns<Waiting>({ groupCost: 1, turnCost: 1 });
  readonly #inside = new Map<string, number>();
  /** When each lane came last, the latest at the end. */
  readonly #came = new Map<string, number>();
  #insideAll = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** How many are inside, and how many wait. */
  get load(): { inside: number; waiting: number } {
    return { inside: this.#insideAll, waiting: this.#waiting.cost };
  }

  /** Does `work` inside. @throws {OverloadedError} as `enter` does. */
  async run<T>(lane: string, work: () => Promise<T>): Promise<T> {
    const leave = await this.enter(lane);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /**
   * Resolves inside, once it is the lane's turn, with what has to be called once on leaving.
   * @throws {OverloadedError} when too many of the lane wait, or when the wait is too long.
   */
  async enter(lane: string): Promise<() => void> {
    const now = performance.now();
    this.#note(lane, now);
    const leave = () => {
      this.#count(lane, -1);
      this.#admit();
    };
    const own = this.#waiting.costOf(lane);
    if (own === 0 && this.#mayEnter(lane)) {
      this.#count(lane, 1);
      return leave;
    }
    const { what, maxWaitingEach, maxWaitMs } = this.#limits;
    if (own >= maxWaitingEach)
      throw new OverloadedError(`${maxWaitingEach} of your ${what} wait already. Send fewer at the same time.`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const start = () => {
      this.#count(lane, 1);
      resolve();
    };
    this.#waiting.add(lane, 1, { start, refuse: reject, until: now + maxWaitMs });
    this.#timer ??= setInterval(() => this.#giveUp(), checkEveryMs).unref();
    await promise;
    return leave;
  }

  /** Lets in what may enter now, one of each lane in turn. */
  #admit(): void {
    for (let next = this.#next(); next; next = this.#next()) next.start();
    this.#rest();
  }

  #next(): Waiting | undefined {
    return this.#waiting.take((lane) => this.#mayEnter(lane))[0];
  }

  #mayEnter(lane: string): boolean {
    const { maxInside, maxInsideEach } = this.#limits;
    const most = this.#came.size > 1 ? maxInsideEach : maxInside;
    return this.#insideAll < maxInside && (this.#inside.get(lane) ?? 0) < most;
  }

  #note(lane: string, now: number): void {
    this.#came.delete(lane);
    this.#came.set(lane, now);
    for (const [other, at] of this.#came) {
      if (at > now - this.#limits.companyMs) break;
      this.#came.delete(other);
    }
  }

  #count(lane: string, more: 1 | -1): void {
    const inside = (this.#inside.get(lane) ?? 0) + more;
    if (inside > 0) this.#inside.set(lane, inside);
    else this.#inside.delete(lane);
    this.#insideAll += more;
  }

  #giveUp(): void {
    const now = performance.now();
    const { what, maxWaitMs } = this.#limits;
    for (const { refuse } of this.#waiting.drop(({ until }) => until <= now))
      refuse(new OverloadedError(`${what} wait for ${maxWaitMs / 1000} seconds at most. Try again.`));
    this.#rest();
  }

  #rest(): void {
    if (this.#waiting.cost > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
