import { LRUCache } from 'lru-cache';
import type { OwnRateLimit, Principal } from '../caller/principal.ts';
import type { RateLimit, RateLimitConfig } from '../settings/rate-limits.ts';
import { RateLimitedError } from '../values/errors.ts';
import { TokenBucket } from './token-bucket.ts';

const burstSeconds = 10;
/** A full batch always passes a bucket that is full. */
const minBurst = { calls: 1000, requests: 1 };
/** Buckets in memory. Those unused for longest are forgotten, and would be full again by then. */
const maxBuckets = 50_000;

type Counted = keyof typeof minBurst;

interface Limited {
  /** What it is called in messages. */
  whose: string;
  /** Names its bucket. */
  name: string;
  limit: RateLimit;
}

/**
 * How many calls and requests a second each key, user and tenant may send to this gateway, with a burst of ten seconds.
 * What is stored with a key or a tenant goes before the settings, and applies as soon as the principal has it. Superusers,
 * who run the gateway, have no limit unless their key has one.
 */
export class RateLimits {
  readonly #config: RateLimitConfig;
  readonly #now: () => number;
  readonly #onRefused: (principal: Principal, reason: string) => void;
  readonly #buckets = new LRUCache<string, TokenBucket>({ max: maxBuckets });

  /** @param onRefused is told of callers whose calls are refused. */
  constructor(
    config: RateLimitConfig,
    now: () => number = () => performance.now(),
    onRefused: (principal: Principal, reason: string) => void = () => {},
  ) {
    this.#config = config;
    this.#now = now;
    this.#onRefused = onRefused;
  }

  /** @throws {RateLimitedError} when the caller or its tenant has sent too many requests, of calls or of anything. */
  countRequest(principal: Principal, { ofCalls = false } = {}): void {
    this.#count('requests', 1, principal, ofCalls);
  }

  /** @throws {RateLimitedError} when the caller or its tenant has recorded too many calls; then none of these pass. */
  countCalls(principal: Principal, calls: number): void {
    this.#count('calls', calls, principal, true);
  }

  #count(counted: Counted, count: number, principal: Principal, ofCalls: boolean): void {
    const now = this.#now();
    const passing: TokenBucket[] = [];
    for (const { whose, name, limit } of this.#limitsOf(principal)) {
      const perSecond = limit[`${counted}PerSecond`];
      if (perSecond === undefined) continue;
      const bucket = this.#bucket(`${counted} ${name}`, perSecond, minBurst[counted], now);
      const wait = bucket.waitFor(count, now);
      if (wait > 0) {
        const seconds = Math.ceil(wait / 1000);
        const reason = `${whose} may send ${perSecond} ${counted} a second to this gateway, and ${count} more are too many now.`;
        if (ofCalls) this.#onRefused(principal, reason);
        throw new RateLimitedError(`${reason} Try again in ${seconds} s.`, seconds);
      }
      passing.push(bucket);
    }
    // Only what passes all limits counts.
    for (const bucket of passing) bucket.take(count);
  }

  #limitsOf(principal: Principal): Limited[] {
    const { key, tenant, anonymousRequestsPerSecond } = this.#config;
    if (principal.kind === 'anonymous') {
      const limit = { callsPerSecond: undefined, requestsPerSecond: anonymousRequestsPerSecond };
      return [{ whose: 'Clients without a credential together', name: 'anonymous', limit }];
    }
    const { subject, rateLimit } = principal;
    const standard = principal.kind === 'superuser' ? unlimited : key;
    const own = { whose: `'${subject}'`, name: `of ${subject}`, limit: withOwn(standard, rateLimit) };
    if (!('tenantId' in principal)) return [own];
    const { tenantId, tenantRateLimit } = principal;
    const ofTenant = withOwn(tenant, tenantRateLimit);
    return [own, { whose: `Tenant '${tenantId}'`, name: `tenant ${tenantId}`, limit: ofTenant }];
  }

  #bucket(name: string, perSecond: number, least: number, now: number): TokenBucket {
    const rate = { perSecond, burst: Math.max(least, perSecond * burstSeconds) };
    const known = this.#buckets.get(name);
    known?.change(rate, now);
    if (known) return known;
    const bucket = new TokenBucket(rate, now);
    this.#buckets.set(name, bucket);
    return bucket;
  }
}

const unlimited: RateLimit = { callsPerSecond: undefined, requestsPerSecond: undefined };

const withOwn = (standard: RateLimit, own: OwnRateLimit | undefined): RateLimit => ({
  callsPerSecond: own?.callsPerSecond ?? standard.callsPerSecond,
  requestsPerSecond: own?.requestsPerSecond ?? standard.requestsPerSecond,
});
