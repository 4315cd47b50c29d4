import type { Principal } from '../caller/principal.ts';
import type { LiveLimits } from '../settings/live-limits.ts';
import { OverloadedError, RateLimitedError } from '../values/errors.ts';

const retryAfterSeconds = 5;

/** How many streams are open on this gateway: of all, of each tenant, and of each key or user. */
export class OpenStreams {
  readonly #limits: LiveLimits;
  readonly #open = new Map<string, number>();
  #all = 0;

  constructor(limits: LiveLimits) {
    this.#limits = limits;
  }

  /**
   * Opens a stream, and returns what has to be called once when it ends.
   * @throws {RateLimitedError} when the caller or its tenant has too many.
   * @throws {OverloadedError} when the gateway has.
   */
  open(principal: Exclude<Principal, { kind: 'anonymous' }>): () => void {
    const { streams, streamsEachTenant, streamsEachKey } = this.#limits;
    const counted = [{ whose: `'${principal.subject}'`, name: `of ${principal.subject}`, most: streamsEachKey }];
    if ('tenantId' in principal) {
      const { tenantId } = principal;
      counted.push({ whose: `Tenant '${tenantId}'`, name: `tenant ${tenantId}`, most: streamsEachTenant });
    }
    for (const { whose, name, most } of counted)
      if ((this.#open.get(name) ?? 0) >= most)
        throw new RateLimitedError(
          `${whose} has ${most} subscriptions open on this gateway, as many as it may. End one, or share it.`,
          retryAfterSeconds,
        );
    if (this.#all >= streams)
      throw new OverloadedError(
        `${streams} subscriptions are open on this gateway, as many as it takes. Try again later, or ask by query.`,
        retryAfterSeconds,
      );
    const count = (more: 1 | -1) => {
      this.#all += more;
      for (const { name } of counted) {
        const open = (this.#open.get(name) ?? 0) + more;
        if (open > 0) this.#open.set(name, open);
        else this.#open.delete(name);
      }
    };
    count(1);
    return () => count(-1);
  }
}
