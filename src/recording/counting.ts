import { LRUCache } from 'lru-cache';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { BudgetBook } from '../limits/budget-book.ts';
import { touches } from '../limits/touched-budgets.ts';
import { watches } from '../limits/usual-hours.ts';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal } from '../values/money.ts';
import { type Counting } from './call.repository.ts';
import { closedMonthAt, type ClosedMonth } from './closed-months.ts';
import { findClosedMonths } from './closed-months.repository.ts';
import type { LateCall } from './late-calls-sql.ts';
import type { Settlement } from '../limits/settling-sql.ts';
import type { NewCall } from './validate-call.ts';

/** What calls of tenants are counted by, budgets and closed months, as it was last read. One revision is for both. */
export class CountingBook {
  readonly #budgets = new BudgetBook();
  readonly #closed = new LRUCache<TenantId, readonly ClosedMonth[]>({ max: 10_000 });

  /** Revision of what is known of a tenant; that of one that has nothing, unless both are known. */
  revisionOf(tenantId: TenantId): string {
    const { revision } = this.#budgets.of(tenantId);
    return this.#closed.has(tenantId) ? revision : '';
  }

  async read(em: SqlEntityManager, tenantIds: readonly TenantId[]): Promise<void> {
    // The revision first: while it holds, months that are read later are those of the revision.
    await this.#budgets.read(em, tenantIds);
    const closed = await findClosedMonths(em, tenantIds);
    for (const id of tenantIds) this.#closed.set(id, closed.get(id) ?? []);
  }

  /** By what calls are counted that are stored at an instant; one that is void when it comes counts nowhere. What they settle needs no budget that is known. */
  counting(calls: readonly NewCall[], at: Date): Counting {
    const counted = calls.filter(({ voidedAt }) => !voidedAt);
    return {
      revisionOf: (tenantId) => this.revisionOf(tenantId),
      touches: counted.flatMap((call) => touches(this.#budgets.of(call.tenantId).budgets, call)),
      watches: [...new Set(calls.flatMap((call) => watches(this.#budgets.of(call.tenantId).budgets, call)))],
      isTold: calls.some((call) => this.#budgets.of(call.tenantId).isTold),
      settlements: settlementsOf(calls),
      late: counted.flatMap((call) => this.#late(call)),
      at,
    };
  }

  #late({ tenantId, requestId, occurredAt, provider, model, costUsd }: NewCall): LateCall[] {
    const month = closedMonthAt(this.#closed.get(tenantId) ?? [], occurredAt);
    if (month === undefined) return [];
    const cost = costUsd ? formatDecimal(costUsd) : '0';
    return [{ tenant_id: tenantId, request_id: requestId, month, provider, model, cost_usd: cost }];
  }
}

/** Which reservations calls settle. */
export const settlementsOf = (calls: readonly NewCall[]): Settlement[] =>
  calls.flatMap(({ tenantId, requestId, settles, acceptedAt }) =>
    settles === null
      ? []
      : [{ tenant_id: tenantId, request_id: requestId, reservation_id: settles, at: acceptedAt.toISOString() }],
  );
