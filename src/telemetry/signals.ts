import type { RequestRecord } from './request-record.ts';

/** Something that the rooms tell and that operators may measure. Without listeners it costs nothing. */
export class Signal<T> {
  readonly #listeners = new Set<(event: T) => void>();

  emit(event: T): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Returns how to stop listening. */
  on(listener: (event: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** What became of the calls of one request. */
export interface CallOutcomes {
  /** The caller's own tenant; undefined for superusers. */
  tenantId: string | undefined;
  outcomes: readonly (
    | { outcome: 'RECORDED' | 'DUPLICATE' | 'REPLACED'; call: { tenantId: string } }
    | { outcome: 'REJECTED'; error: { code: string } }
  )[];
}

/**
 * What the rooms tell about their work. They belong to the process: a listener hears every gateway in it. Rooms know
 * neither who listens nor how it is measured; metrics.ts does.
 */
export const signals = {
  /** A request that has been answered, or whose client has left. */
  request: new Signal<{ record: RequestRecord; ms: number; code: string }>(),
  calls: new Signal<CallOutcomes>(),
  /** Calls of one request have waited to be stored. */
  waited: new Signal<{ ms: number }>(),
  /** A step of the fold: calls that it took into the summaries, and tenants whose calls it cannot take. */
  fold: new Signal<{ calls: number; failingTenants: number }>(),
  /** A step of a background task. */
  step: new Signal<{ task: string; durationMs: number; outcome: 'again' | 'rest' | 'failed' }>(),
  /** A notification was tried; PENDING is one that will be tried again. */
  delivery: new Signal<{ outcome: 'DELIVERED' | 'PENDING' | 'FAILED' }>(),
  statement: new Signal<{ ms: number; failed: boolean }>(),
  /** An answer was made for subscriptions, once for all of them that ask the same. */
  liveAnswer: new Signal<{ field: string; failed: boolean }>(),
};
