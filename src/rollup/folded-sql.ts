import { sql } from 'kysely';
import type { TenantId } from '../values/identifier.ts';
import type { Fragment } from './summary-sql.ts';

// What summaries hold is told by batches alone: a batch that is not listed in "unfolded" is folded. Neither the ids of
// transactions nor the order in which they commit matter, so that a restored or moved ledger needs no care.

const waits = (column: 'batch_id' | 'void_batch_id', tenant: Fragment): Fragment => sql`
  exists (
    select from unfolded where unfolded.tenant_id = ${tenant} and unfolded.batch_id = usage_call.${sql.raw(column)})`;

/** Whether a call is not void as far as the summaries know: it is not, or its void waits to be folded. */
export const notVoidInSummaries = (tenant: Fragment): Fragment =>
  sql`(usage_call.void_batch_id is null or ${waits('void_batch_id', tenant)})`;

/** Whether the summaries hold a call. */
export const inSummaries = (tenant: Fragment): Fragment =>
  sql`not ${waits('batch_id', tenant)} and ${notVoidInSummaries(tenant)}`;

/**
 * Whether an instant in a column is in what the ledger holds of a tenant: earlier calls are in summaries alone, even while
 * they are still being deleted. Times of summaries start over there.
 */
export const isLive = (tenantId: TenantId, column: 'occurred_at' | 'starts_at'): Fragment => sql`
  ${sql.raw(column)} >= coalesce(
    (select complete_from from rollup_mark live where live.tenant_id = ${tenantId}), '-infinity')`;
