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
/** How much the newest departure counts in what is known about the pace, and how many there are before it is believed. */
const newest = 0.05;
const departuresToLearn = 20;
/** A longer pause, as when the database stalls for a moment, says little about the pace after it. */
const longestPauseMs = 100;

/** Lets what comes in lanes, such as a tenant's requests, in by turns: a lane that brings a lot waits for itself. */
export class Gate {
  readonly #limits: GateLimits;
  readonly #now: () => number;
  readonly #waiting = new Turns<Waiting>({ groupCost: 1, turnCost: 1 });
  readonly #inside = new Map<string, number>();
  /** When each lane came last, the latest at the end. */
  readonly #came = new Map<string, number>();
  #insideAll = 0;
  /** Milliseconds from one departure to the next, while others wait; forgotten when nobody does. */
  #msPerDeparture = 0;
  #departures = 0;
  #leftAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param now a clock in milliseconds that never goes back; tests pass their own. */
  constructor(limits: GateLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
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
   * @throws {OverloadedError} at once when too many of the lane wait or the wait would be too long; later when it was.
   */
  async enter(lane: string): Promise<() => void> {
    const now = this.#now();
    this.#note(lane, now);
    const leave = () => {
      this.#count(lane, -1);
      this.#measure();
      this.#admit();
    };
    if (this.#waiting.costOf(lane) === 0 && this.#mayEnter(lane)) {
      this.#count(lane, 1);
      return leave;
    }
    const refusal = this.refusal(lane);
    if (refusal) throw new OverloadedError(refusal.message, refusal.retryAfterSeconds);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const start = () => {
      this.#count(lane, 1);
      resolve();
    };
    this.#waiting.add(lane, 1, { start, refuse: reject, until: now + this.#limits.maxWaitMs });
    this.#timer ??= setInterval(() => this.#giveUp(), checkEveryMs).unref();
    await promise;
    return leave;
  }

  /** Why what comes in a lane now would be refused at once, and when to come again; undefined where it may wait. */
  refusal(lane: string): { message: string; retryAfterSeconds: number } | undefined {
    const { what, maxWaitingEach, maxWaitMs } = this.#limits;
    const wait = this.expectedWait(lane);
    const retryAfterSeconds = Math.max(1, Math.ceil(wait / 1000));
    if (this.#waiting.costOf(lane) >= maxWaitingEach)
      return {
        message: `${maxWaitingEach} of your ${what} wait already. Send fewer at the same time.`,
        retryAfterSeconds,
      };
    const message = `${what} would wait ${Math.round(wait)} ms for their turn now, more than ${maxWaitMs}. Try again later.`;
    return wait > maxWaitMs ? { message, retryAfterSeconds } : undefined;
  }

  /** Milliseconds that what comes in a lane now would wait, by what waits before it and the pace of late. */
  expectedWait(lane: string): number {
    if (this.#departures < departuresToLearn || this.#waiting.cost === 0) return 0;
    const own = this.#waiting.costOf(lane);
    const lanes = this.#waiting.lanes + (own === 0 ? 1 : 0);
    return Math.min(this.#waiting.cost + 1, (own + 1) * lanes) * this.#msPerDeparture;
  }

  #measure(): void {
    const now = this.#now();
    if (this.#leftAt !== undefined) {
      this.#departures++;
      const weight = Math.max(newest, 1 / this.#departures);
      const pauseMs = Math.min(longestPauseMs, now - this.#leftAt);
      this.#msPerDeparture += (pauseMs - this.#msPerDeparture) * weight;
    }
    this.#leftAt = now;
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
    const now = this.#now();
    const { what, maxWaitMs } = this.#limits;
    for (const { refuse } of this.#waiting.drop(({ until }) => until <= now))
      refuse(new OverloadedError(`${what} wait for ${maxWaitMs / 1000} seconds at most. Try again.`));
    this.#rest();
  }

  #rest(): void {
    if (this.#waiting.cost > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#departures = 0;
    this.#leftAt = undefined;
  }
}
