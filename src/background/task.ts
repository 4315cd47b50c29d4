/** What follows a step: the next one at once, or a pause. */
export type Next = 'again' | { restMs: number };

/** Work that is done in the background for as long as the gateway runs, step by step. */
export interface Task {
  /** What the log, health and metrics call it. */
  name: string;
  /** What holds while it fails, for whoever reads the log: 'reports read the ledger'. */
  whileFailing: string;
  /**
   * Does the next step of the work. The end of the gateway waits for it, so it is to be short, or to end early when
   * `signal` is aborted; it may throw what waiting with the signal throws.
   */
  step(signal: AbortSignal): Promise<Next>;
  /** Pause after a failed step; it doubles with each further one, up to the longest. */
  failurePauseMs: { first: number; longest: number };
}
