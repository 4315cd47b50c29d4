import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { assertInLedger } from '../reporting/beyond-retention.repository.ts';
import { beginningOfTime } from '../reporting/calendar/windows.ts';
import { findCompleteFrom } from '../tenancy/tenant.repository.ts';
import type { TenantId } from '../values/identifier.ts';

/** A window of a tenant's calls, all of which are in the ledger. */
export interface ReadWindow {
  /** Where it begins: as given, or where the ledger does; undefined where no call has left it. */
  from: Date | undefined;
  /** To be called when the window has been read. @throws {BeyondRetentionError} where calls of it have left meanwhile. */
  assertComplete(): Promise<void>;
}

/** Opens a window to be read in several statements. @throws {BeyondRetentionError} where calls of it have left the ledger. */
export async function openLedgerWindow(
  em: SqlEntityManager,
  tenantId: TenantId,
  { from: given, to }: { from: Date | undefined; to: Date },
): Promise<ReadWindow> {
  const begin = await beginOf(em, tenantId);
  const from = given ?? begin ?? undefined;
  if (from) await assertInLedger(em.fork(), tenantId, { from, to }, begin);
  return {
    from,
    async assertComplete() {
      const now = await beginOf(em, tenantId);
      if (now && now.getTime() !== begin?.getTime())
        await assertInLedger(em.fork(), tenantId, { from: from ?? beginningOfTime, to }, now);
    },
  };
}

const beginOf = async (em: SqlEntityManager, tenantId: TenantId): Promise<Date | null> =>
  (await findCompleteFrom(em.fork(), [tenantId])).get(tenantId) ?? null;
