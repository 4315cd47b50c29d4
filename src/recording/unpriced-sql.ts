import { sql, type RawBuilder } from 'kysely';
import { tellingSql } from '../outbox/telling-sql.ts';
import type { TenantId } from '../values/identifier.ts';

/** A call without a price, as a record of a recordset. */
export interface UnpricedCall {
  tenant_id: TenantId;
  request_id: string;
  /** Provider and model, in one text. */
  model: string;
  data: { provider: string; model: string; reason: string | null; requestId: string };
}

const record = sql.raw('tenant_id text, request_id text, model text, data jsonb');

/**
 * CTEs that follow one named "stored", with the keys of calls: they tell of calls without a price, once a day for each
 * provider and model.
 */
export const unpricedSql = (calls: readonly UnpricedCall[]): RawBuilder<unknown> =>
  calls.length === 0
    ? sql``
    : sql`, unpriced as (
      select stored.tenant_id, 'UNPRICED_CALLS'::text as event,
        'unpriced ' || to_char(now() at time zone 'UTC', 'YYYY-MM-DD') || given.model as key,
        now() as at, 1 as place, given.data
      from stored
      join json_to_recordset(${JSON.stringify(calls)}::json) as given(${record})
        on given.tenant_id = stored.tenant_id and given.request_id = stored.request_id
    ), unpriced_told as (${tellingSql('unpriced')})`;
