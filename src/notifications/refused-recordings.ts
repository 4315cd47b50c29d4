import { LRUCache } from 'lru-cache';
import type { Principal } from '../caller/principal.ts';
import type { News } from '../outbox/telling-sql.ts';
import type { Clock } from '../values/clock.ts';

const hourMs = 60 * 60 * 1000;
const mostWaiting = 1_000;

/** Callers whose calls rate limits have refused: news of each, once an hour. What is refused is in no transaction. */
export class RefusedRecordings {
  readonly #clock: Clock;
  readonly #told = new LRUCache<string, true>({ max: 10_000 });
  #waiting: News[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes that calls of a caller were refused. It is quick, as there may be many. */
  readonly note = (principal: Principal, reason: string): void => {
    if (!('tenantId' in principal) || this.#waiting.length >= mostWaiting) return;
    const { tenantId, subject } = principal;
    const key = `limited ${Math.floor(this.#clock().getTime() / hourMs)} ${subject}`;
    const name = `${tenantId}\n${key}`;
    if (this.#told.has(name)) return;
    this.#told.set(name, true);
    this.#waiting.push({ tenantId, event: 'RATE_LIMITED', key, data: { caller: subject, reason } });
  };

  /** The news since the last time. */
  take(): News[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}
