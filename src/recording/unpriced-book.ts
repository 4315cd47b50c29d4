import { LRUCache } from 'lru-cache';
import type { TenantId } from '../values/identifier.ts';
import type { UnpricedCall } from './unpriced-sql.ts';
import type { NewCall } from './validate-call.ts';

const hourMs = 60 * 60 * 1000;
/** Models of a tenant that are told of in an hour: names of models are the caller's, and there may be any number of them. */
const mostInAnHour = 20;

/**
 * Which unpriced calls may be news. Of each provider and model that a tenant was told of, this gateway says nothing for an
 * hour; that nobody is told twice a day is for the database to see.
 */
export class UnpricedBook {
  readonly #told = new LRUCache<string, true>({ max: 50_000, ttl: hourMs });
  readonly #counts = new LRUCache<TenantId, number>({ max: 50_000, ttl: hourMs, noUpdateTTL: true });

  /** The first call of each provider and model that may be news. */
  among(calls: readonly NewCall[]): UnpricedCall[] {
    const found = new Map<string, UnpricedCall>();
    for (const { tenantId, requestId, provider, model, costSource, unpricedReason, voidedAt } of calls) {
      if (costSource !== 'UNPRICED' || voidedAt) continue;
      const key = JSON.stringify([tenantId, provider, model]);
      if (found.has(key) || this.#told.has(key) || (this.#counts.get(tenantId) ?? 0) >= mostInAnHour) continue;
      const data = { provider, model, reason: unpricedReason ?? null, requestId };
      found.set(key, { tenant_id: tenantId, request_id: requestId, model: JSON.stringify([provider, model]), data });
      if (found.size === mostInAnHour) break;
    }
    return [...found.values()];
  }

  /** Notes that calls were stored, and told of where somebody wants to know. */
  note(stored: readonly UnpricedCall[]): void {
    for (const { tenant_id: tenantId, data } of stored) {
      this.#told.set(JSON.stringify([tenantId, data.provider, data.model]), true);
      this.#counts.set(tenantId, (this.#counts.get(tenantId) ?? 0) + 1);
    }
  }
}
