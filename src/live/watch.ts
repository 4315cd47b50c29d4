import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../settings/log.ts';
import type { TenantId } from '../values/identifier.ts';

/** Whoever is told what a look has seen of a tenant; undefined when there is no such tenant any more. */
export type Follower<Seen> = (seen: Seen | undefined) => void;

/**
 * Looks into the database again and again while somebody follows a tenant, at all followed tenants in one statement. It
 * works with any number of gateways and whatever stands before the database, as nothing has to be told to anybody.
 */
export class Watch<Seen> {
  readonly #read: (tenantIds: readonly TenantId[]) => Promise<ReadonlyMap<TenantId, Seen>>;
  readonly #lookMs: number;
  readonly #log: Logger;
  readonly #followers = new Map<TenantId, Set<Follower<Seen>>>();
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #stop: AbortController | undefined;
  #isFailing = false;

  constructor(
    read: (tenantIds: readonly TenantId[]) => Promise<ReadonlyMap<TenantId, Seen>>,
    { lookMs, log }: { lookMs: number; log: Logger },
  ) {
    this.#read = read;
    this.#lookMs = lookMs;
    this.#log = log;
  }

  /** Follows a tenant from the next look on, and returns how to stop. */
  follow(tenantId: TenantId, follower: Follower<Seen>): () => void {
    const followers = this.#followers.get(tenantId) ?? new Set();
    this.#followers.set(tenantId, followers.add(follower));
    if (!this.#stop) void this.#goOn((this.#stop = new AbortController()).signal);
    return () => {
      followers.delete(follower);
      if (followers.size === 0 && this.#followers.get(tenantId) === followers) this.#followers.delete(tenantId);
      if (this.#followers.size > 0) return;
      this.#stop?.abort();
      this.#stop = undefined;
    };
  }

  /** Resolves after a look that began now or later; what it saw is what there is now, or newer. */
  look(): Promise<void> {
    if (!this.#running) return (this.#running = this.#lookOnce().finally(() => (this.#running = undefined)));
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.look();
    });
    return this.#next;
  }

  /** Resolves when no look runs. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** One that fails keeps nothing from the others. */
  #tell(follower: Follower<Seen>, seen: Seen | undefined): void {
    try {
      follower(seen);
    } catch (error) {
      this.#log.error({ err: error }, 'a subscription cannot go on');
    }
  }

  async #goOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#lookMs, undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) await this.look();
    }
  }

  async #lookOnce(): Promise<void> {
    const followed = new Map([...this.#followers].map(([tenantId, followers]) => [tenantId, [...followers]]));
    if (followed.size === 0) return;
    try {
      const seen = await this.#read([...followed.keys()]);
      this.#isFailing = false;
      for (const [tenantId, followers] of followed)
        for (const follower of followers) this.#tell(follower, seen.get(tenantId));
    } catch (error) {
      // Followers learn what they missed from the next look that succeeds.
      if (!this.#isFailing) this.#log.warn({ err: error }, 'subscriptions cannot look for changes');
      this.#isFailing = true;
    }
  }
}
