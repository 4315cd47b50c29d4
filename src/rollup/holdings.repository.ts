import { escapeLiteral } from 'pg';
import type { TenantId } from '../values/identifier.ts';

/** What a tenant has besides its summaries, as far as a report has to know. */
export interface Holding {
  tenantId: TenantId;
  /** Whether calls wait to be folded. */
  hasUnfolded: boolean;
  /** Ascending instants, in milliseconds, of calls that summaries hold and that were voided since. */
  stale: readonly number[];
}

export interface HoldingRow {
  tenant_id: TenantId;
  has_unfolded: boolean;
  /** Begins of the hours. */
  stale_ms: string[] | null;
}

export const toHolding = (row: HoldingRow): Holding => ({
  tenantId: row.tenant_id,
  hasUnfolded: row.has_unfolded,
  stale: (row.stale_ms ?? []).map(Number),
});

/**
 * Statement for what tenants hold, a row for each that exists, or only for those that have something where all are asked
 * for. Without parameters, so that it can go to the server with what begins a transaction.
 */
export function holdingsSql(tenantIds: readonly TenantId[] | 'all'): string {
  const listed = tenantIds === 'all' ? '' : `where mark.tenant_id in (${tenantIds.map(escapeLiteral).join(', ')})`;
  const rows = `
    select mark.tenant_id,
      exists (select from unfolded where unfolded.tenant_id = mark.tenant_id and calls > 0) as has_unfolded,
      (
        select array_agg(distinct extract(epoch from date_trunc('hour', occurred_at, 'UTC')) * 1000)
        from unfolded void
        join usage_call on usage_call.tenant_id = mark.tenant_id and usage_call.void_batch_id = void.batch_id
        where void.tenant_id = mark.tenant_id and void.calls = 0
          and not exists (
            select from unfolded
            where unfolded.tenant_id = mark.tenant_id and unfolded.batch_id = usage_call.batch_id)
      ) as stale_ms
    from rollup_mark mark
    ${listed}`;
  return tenantIds === 'all' ? `select * from (${rows}) holding where has_unfolded or stale_ms is not null` : rows;
}
