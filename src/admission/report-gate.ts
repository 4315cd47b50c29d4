import { OverloadedError } from '../values/errors.ts';
import { Turns } from './turns.ts';

export interface ReportGateLimits {
  /** Reports that read at the same time, so that recording and sign-in always find a connection. */
  maxRunning: number;
  /** Of these, those of one caller's tenant, so that the others' find their way past them. */
  maxRunningEach: number;
  /** Reports of one tenant that wait; beyond that they are refused at once. */
  maxWaitingEach: number;
  /** Longest wait in milliseconds. */
  maxWaitMs: number;
}

interface Waiting {
  start: () => void;
  refuse: (error: OverloadedError) => void;
  until: number;
}

/** Lets reports read in turn by tenant: one that asks for many waits for itself. */
export class ReportGate {
  readonly #limits: ReportGateLimits;
  readonly #waiting = new Turns<Waiting>({ groupCost: 1, turnCost: 1 });
  readonly #running = new Map<string, number>();
  #runningAll = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: ReportGateLimits) {
    this.#limits = limits;
  }

  /** Reports that read now, and that wait. */
  get load(): { running: number; waiting: number } {
    return { running: this.#runningAll, waiting: this.#waiting.cost };
  }

  /**
   * Runs `read` once it is the turn of whoever asks.
   * @throws {OverloadedError} when too many wait, or when the wait is too long; then nothing was read.
   */
  async run<T>(lane: string, read: () => Promise<T>): Promise<T> {
    await this.#enter(lane);
    try {
      return await read();
    } finally {
      this.#count(lane, -1);
      this.#admit();
    }
  }

  async #enter(lane: string): Promise<void> {
    if (this.#mayRun(lane) && this.#waiting.costOf(lane) === 0) return this.#count(lane, 1);
    if (this.#waiting.costOf(lane) >= this.#limits.maxWaitingEach)
      throw new OverloadedError(
        `${this.#limits.maxWaitingEach} reports of your tenant wait already. Ask for fewer at the same time.`,
      );
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const until = performance.now() + this.#limits.maxWaitMs;
    const start = () => {
      this.#count(lane, 1);
      resolve();
    };
    this.#waiting.add(lane, 1, { start, refuse: reject, until });
    this.#timer ??= setInterval(() => this.#giveUp(), 500).unref();
    await promise;
  }

  /** Starts what may start now, a report of each lane in turn. */
  #admit(): void {
    for (let next = this.#next(); next; next = this.#next()) next.start();
    this.#rest();
  }

  #next(): Waiting | undefined {
    return this.#waiting.take((lane) => this.#mayRun(lane))[0];
  }

  #mayRun(lane: string): boolean {
    const { maxRunning, maxRunningEach } = this.#limits;
    return this.#runningAll < maxRunning && (this.#running.get(lane) ?? 0) < maxRunningEach;
  }

  #count(lane: string, more: 1 | -1): void {
    const running = (this.#running.get(lane) ?? 0) + more;
    if (running > 0) this.#running.set(lane, running);
    else this.#running.delete(lane);
    this.#runningAll += more;
  }

  #giveUp(): void {
    const now = performance.now();
    const seconds = this.#limits.maxWaitMs / 1000;
    for (const { refuse } of this.#waiting.drop(({ until }) => until <= now))
      refuse(new OverloadedError(`The report has waited for ${seconds} seconds for its turn. Try again.`));
    this.#rest();
  }

  #rest(): void {
    if (this.#waiting.cost > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
