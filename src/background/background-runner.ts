import { setTimeout as sleep } from 'node:timers/promises';
import { RunningTask, type TaskHealth, type TaskParts } from './running-task.ts';
import type { Task } from './task.ts';

/** The clock and the log; what is told of steps that have ended, for metrics; and how to pause, for tests. */
export type RunnerParts = Pick<TaskParts, 'clock' | 'log'> & Partial<TaskParts>;

/** The background tasks of a gateway. Each runs by itself: one that fails, or is slow, holds back no other. */
export class BackgroundRunner {
  readonly #tasks: readonly RunningTask[];

  /** @param tasks in the order in which they start; a task may rely on those before it. */
  constructor(tasks: readonly Task[], { clock, log, onStep = () => {}, pause = pauseUntilStopped }: RunnerParts) {
    this.#tasks = tasks.map((task) => new RunningTask(task, { clock, log, onStep, pause }));
  }

  /** Starts the tasks that do not run yet. */
  start(): void {
    for (const task of this.#tasks) task.start();
  }

  /**
   * Stops the tasks one after another, the last one first, and resolves when every running step has ended. They cannot
   * be started again.
   */
  async stop(): Promise<void> {
    for (const task of this.#tasks.toReversed()) await task.stop();
  }

  /** How each task does, in the order in which they start. */
  health(): TaskHealth[] {
    return this.#tasks.map((task) => task.health());
  }
}

/** A pause alone keeps no process alive. */
const pauseUntilStopped = (ms: number, signal: AbortSignal) =>
  sleep(ms, undefined, { signal, ref: false }).catch(() => {});
