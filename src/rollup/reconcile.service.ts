import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { levelsWith } from './levels.ts';
import { compareSummaries, storedLevels, type Comparison } from './reconcile.repository.ts';

/** Compares all summaries of tenants with their ledgers, one after another; returns at most `first` differences. */
export async function reconcile(
  em: SqlEntityManager,
  tenantIds: readonly TenantId[],
  first: number,
): Promise<Comparison> {
  const result: Comparison = { summaries: 0, differing: 0, differences: [] };
  for (const tenantId of tenantIds)
    for (const level of levelsWith(await storedLevels(em, tenantId))) {
      const compared = await compareSummaries(em, tenantId, level, first - result.differences.length);
      result.summaries += compared.summaries;
      result.differing += compared.differing;
      result.differences.push(...compared.differences);
    }
  return result;
}
