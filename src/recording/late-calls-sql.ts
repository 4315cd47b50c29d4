import { sql, type RawBuilder } from 'kysely';
import type { AdjustmentReason } from './closed-month.entity.ts';

/** A call in a closed month, as a record of a recordset. */
export interface LateCall {
  tenant_id: string;
  request_id: string;
  month: string;
  provider: string;
  model: string;
  cost_usd: string;
}

const reason: AdjustmentReason = 'late calls';

/** A CTE that follows one named "stored", with the keys of calls: it notes what those in closed months come to. */
export const lateCallsSql = (late: readonly LateCall[], at: Date): RawBuilder<unknown> =>
  late.length === 0
    ? sql``
    : sql`, adjusted as (
      insert into adjustment (tenant_id, at, adjustment_id, month, reason, provider, model, calls, cost_usd)
      select late.tenant_id, ${at.toISOString()}::timestamptz, gen_random_uuid(), late.month, ${reason}, late.provider,
        late.model, count(*), sum(late.cost_usd)
      from stored
      join json_to_recordset(${JSON.stringify(late)}::json)
        as late(tenant_id text, request_id text, month date, provider text, model text, cost_usd numeric)
        on late.tenant_id = stored.tenant_id and late.request_id = stored.request_id
      group by late.tenant_id, late.month, late.provider, late.model
      on conflict do nothing
    )`;
