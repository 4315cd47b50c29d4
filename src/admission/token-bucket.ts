/** What a bucket lets through: so many a second in the long run, and a burst at once. */
export interface Rate {
  perSecond: number;
  burst: number;
}

/** Sums of fractions are a little off, and must not cost anybody a millisecond. */
const roundingMs = 1e-3;

/** Fills by the second up to its burst. Time is given in milliseconds of any clock that never goes back. */
export class TokenBucket {
  #rate: Rate;
  #tokens: number;
  #at: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /** Whole milliseconds until `count` would pass; 0 when it passes now. More than the burst passes with a full bucket. */
  waitFor(count: number, now: number): number {
    this.#fill(now);
    const missing = Math.min(count, this.#rate.burst) - this.#tokens;
    return Math.max(0, Math.ceil((missing / this.#rate.perSecond) * 1000 - roundingMs));
  }

  /** Takes tokens that `waitFor` has found. What is more than the burst is owed to the seconds that follow. */
  take(count: number): void {
    this.#tokens -= count;
  }

  /** Gives back what was taken for nothing. */
  give(count: number): void {
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + count);
  }

  /** Goes on at another rate. What it held stays, as far as the new burst has room: a change gives nobody a full bucket. */
  change(rate: Rate, now: number): void {
    if (rate.perSecond === this.#rate.perSecond && rate.burst === this.#rate.burst) return;
    this.#fill(now);
    this.#rate = rate;
    this.#tokens = Math.min(rate.burst, this.#tokens);
  }

  #fill(now: number): void {
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#at) / 1000) * perSecond);
    this.#at = Math.max(this.#at, now);
  }
}
