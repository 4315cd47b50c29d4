import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';

/** What a look at a tenant's ledger tells, without reading a call of it. */
export interface LedgerLook {
  /** How many changes there have been: stored batches, voids and repricings. A fold alone changes nothing. */
  changes: string;
  /** Whether a call occurred in the window of the look; it may have been recorded before, by a clock that is ahead. */
  occurred: boolean;
}

/**
 * Looks at the ledgers of tenants; one that does not exist is left out. A change counts once it is committed, however
 * late: it adds one to the batches that wait, and the fold moves it in one transaction to those that the summaries hold.
 * @param window [after, until] in which calls may occur.
 */
export async function readLedgerLooks(
  em: SqlEntityManager,
  tenantIds: readonly TenantId[],
  { after, until }: { after: Date; until: Date },
): Promise<Map<TenantId, LedgerLook>> {
  const { rows } = await sql<LedgerLook & { tenant_id: TenantId }>`
    select mark.tenant_id,
      mark.folded_changes + (select count(*) from unfolded where unfolded.tenant_id = mark.tenant_id) as changes,
      exists (
        select from usage_call
        where usage_call.tenant_id = mark.tenant_id
          and usage_call.occurred_at > ${after.toISOString()}::timestamptz
          and usage_call.occurred_at <= ${until.toISOString()}::timestamptz
      ) as occurred
    from rollup_mark mark
    where mark.tenant_id = any(${[...tenantIds]}::text[])`.execute(inSession(em));
  return new Map(rows.map(({ tenant_id, changes, occurred }) => [tenant_id, { changes, occurred }]));
}

/** Notes changes of the ledger of a locked tenant that its summaries hold. */
export async function noteLedgerChanges(em: SqlEntityManager, tenantId: TenantId, changes: number): Promise<void> {
  await sql`
    update rollup_mark set folded_changes = folded_changes + ${changes}::int where tenant_id = ${tenantId}`.execute(
    inSession(em),
  );
}
