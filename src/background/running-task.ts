import type { Logger } from '../settings/log.ts';
import type { Clock } from '../values/clock.ts';
import type { Task } from './task.ts';

/** How a task does. */
export interface TaskHealth {
  name: string;
  /** When the step that runs now began; null between steps, before the start and after the end. */
  runningSince: Date | null;
  lastSuccessAt: Date | null;
  /** The last failed step, also when it succeeds again. The message is the error's own: for operators, not for callers. */
  lastFailure: { at: Date; message: string } | null;
  /** Failed steps since the last success. */
  consecutiveFailures: number;
}

/** A step that has ended. */
export interface Step {
  /** Name of its task. */
  task: string;
  durationMs: number;
  outcome: 'again' | 'rest' | 'failed';
}

/** What tasks run with. */
export interface TaskParts {
  clock: Clock;
  log: Logger;
  onStep(step: Step): void;
  /** Resolves after so long, or once the signal is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<unknown>;
}

/** One task in its loop: a step, a pause where it asks for one, and longer ones the more often it has failed. */
export class RunningTask {
  readonly #task: Task;
  readonly #parts: TaskParts;
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;
  #runningSince: Date | null = null;
  #lastSuccessAt: Date | null = null;
  #lastFailure: TaskHealth['lastFailure'] = null;
  #failures = 0;

  constructor(task: Task, parts: TaskParts) {
    this.#task = task;
    this.#parts = parts;
  }

  /** Starts the loop, unless it runs already or was stopped. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Takes no further step, and resolves when the running one has ended. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  health(): TaskHealth {
    return {
      name: this.#task.name,
      runningSince: this.#runningSince,
      lastSuccessAt: this.#lastSuccessAt,
      lastFailure: this.#lastFailure,
      consecutiveFailures: this.#failures,
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const restMs = await this.#step(signal);
      if (restMs > 0) await this.#parts.pause(restMs, signal);
    }
  }

  /** Does one step, whatever becomes of it, and returns how long to pause. */
  async #step(signal: AbortSignal): Promise<number> {
    const startedMs = performance.now();
    this.#runningSince = this.#parts.clock();
    let outcome: Step['outcome'] = 'failed';
    try {
      const next = await this.#task.step(signal);
      outcome = next === 'again' ? 'again' : 'rest';
      this.#noteSuccess();
      return next === 'again' ? 0 : next.restMs;
    } catch (error) {
      // A step that ends early because it was told to has not failed.
      if (signal.aborted && isAbort(error)) {
        outcome = 'rest';
        return 0;
      }
      this.#noteFailure(error);
      const { first, longest } = this.#task.failurePauseMs;
      return Math.min(longest, first * 2 ** (this.#failures - 1));
    } finally {
      this.#runningSince = null;
      this.#tell({ task: this.#task.name, durationMs: performance.now() - startedMs, outcome });
    }
  }

  #noteSuccess(): void {
    const { name } = this.#task;
    if (this.#failures > 0) this.#parts.log.info({ task: name }, `the task '${name}' succeeds again`);
    this.#failures = 0;
    this.#lastSuccessAt = this.#parts.clock();
  }

  #noteFailure(error: unknown): void {
    const { name, whileFailing } = this.#task;
    this.#failures++;
    this.#lastFailure = { at: this.#parts.clock(), message: error instanceof Error ? error.message : String(error) };
    this.#parts.log.warn(
      { err: error, task: name, failures: this.#failures },
      `the task '${name}' failed and will be tried again; meanwhile ${whileFailing}`,
    );
  }

  /** Counting steps is no reason to take none. */
  #tell(step: Step): void {
    try {
      this.#parts.onStep(step);
    } catch (error) {
      this.#parts.log.error({ err: error, task: step.task }, 'a step of a task could not be counted');
    }
  }
}

/** What waiting with a signal ends with when the signal is aborted. */
const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';
