import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from '../database/transaction.ts';
import type { TenantId } from '../values/identifier.ts';
import { lockTenantSummaries, makeSummaries } from './fold.repository.ts';

/**
 * Makes the summaries of a tenant again from its ledger, in one transaction. Reports are right meanwhile, and calls keep
 * coming in: those that are recorded meanwhile are folded later.
 */
export const rebuild = (em: SqlEntityManager, tenantId: TenantId): Promise<void> =>
  inTransaction(em, async (em) => {
    if (await lockTenantSummaries(em, tenantId)) await makeSummaries(em, tenantId);
  });
