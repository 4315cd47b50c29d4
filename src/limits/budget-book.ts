import { LRUCache } from 'lru-cache';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { findBudgetsAndRevisions, noBudgets, type KnownBudgets } from './budget.repository.ts';

/**
 * The budgets of tenants as they were last read. A tenant that was never read is taken to have none, so that one without
 * budgets costs nothing: whoever counts calls by them checks the revision in the statement that stores the calls, and
 * reads again where it was another one.
 */
export class BudgetBook {
  readonly #known = new LRUCache<TenantId, KnownBudgets>({ max: 10_000 });

  of(tenantId: TenantId): KnownBudgets {
    return this.#known.get(tenantId) ?? noBudgets;
  }

  async read(em: SqlEntityManager, tenantIds: readonly TenantId[]): Promise<void> {
    // New objects each time: what is remembered of a budget, such as its running period, goes with its object.
    const found = await findBudgetsAndRevisions(em.fork(), tenantIds);
    for (const id of tenantIds) this.#known.set(id, found.get(id) ?? noBudgets);
  }
}
