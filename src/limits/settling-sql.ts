import { sql, type RawBuilder } from 'kysely';
import type { TenantId } from '../values/identifier.ts';

/** A call that settles a reservation, as a record of a recordset. */
export interface Settlement {
  tenant_id: TenantId;
  request_id: string;
  reservation_id: string;
  /** When, in ISO notation: a reservation that has expired by then stays as it is. */
  at: string;
}

const record = sql.raw('tenant_id text, request_id text, reservation_id text, at timestamptz');

/**
 * CTEs that follow one named "stored", with the keys of calls: what the reservations of these hold is given back, as the calls
 * themselves count from now on. Reservations are locked in the order of their keys.
 */
export const settlingSql = (settlements: readonly Settlement[]): RawBuilder<unknown> =>
  settlements.length === 0
    ? sql``
    : sql`, held as (
      select reservation.tenant_id, reservation.reservation_id
      from stored
      join json_to_recordset(${JSON.stringify(settlements)}::json) as given(${record})
        on given.tenant_id = stored.tenant_id and given.request_id = stored.request_id
      join reservation on reservation.tenant_id = stored.tenant_id
        and reservation.reservation_id = given.reservation_id
      where reservation.status = 'HELD' and reservation.expires_at > given.at
      order by reservation.tenant_id, reservation.reservation_id
      for no key update
    ), settled as (
      update reservation set status = 'SETTLED' from held
      where reservation.tenant_id = held.tenant_id and reservation.reservation_id = held.reservation_id
      returning reservation.tenant_id, reservation.reservation_id
    ), freed as (
      delete from budget_hold using settled
      where budget_hold.tenant_id = settled.tenant_id and budget_hold.reservation_id = settled.reservation_id
    )`;
