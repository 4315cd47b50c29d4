import { sql, type RawBuilder } from 'kysely';
import type { TenantId } from '../values/identifier.ts';
import type { NotificationEvent } from './notification-event.ts';

/** Deliveries that may wait for one channel. What happens beyond them is not told: whoever reads nothing needs no more. */
export const mostPending = 1000;

/** Something to tell the channels of a tenant that want to know. */
export interface News {
  tenantId: TenantId;
  event: NotificationEvent;
  /** Names the event within its tenant for good: channels are told once of each key. */
  key: string;
  data: Record<string, unknown>;
}

/** A column in ISO notation, as `Date.toISOString()` gives it. */
export const isoSql = (column: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * Statement that writes deliveries for a relation `news` with the columns tenant_id, event, key, at, place (the order
 * among them) and data: for each channel that wants the event. Where no channel does, nothing is written. With `since` it
 * is only for channels that were there by then.
 */
export const tellingSql = (news: string, since?: Date): RawBuilder<unknown> => {
  const of = sql.table(news);
  return sql`
      insert into notification_delivery (tenant_id, delivery_id, channel_id, event, at, place, data)
      select tenant_id, delivery_id, channel_id, event, at, place, data
      from (
        select ${of}.tenant_id, channel.channel_id, ${of}.event, ${of}.at, ${of}.data,
          left(encode(sha256(convert_to(channel.channel_id || ' ' || ${of}.key, 'UTF8')), 'hex'), 32) as delivery_id,
          row_number() over (partition by ${of}.tenant_id, channel.channel_id order by ${of}.place) as place
        from ${of}
        join notification_channel channel on channel.tenant_id = ${of}.tenant_id
          and channel.enabled and ${of}.event = any(channel.events)
          ${since ? sql`and channel.created_at <= ${since.toISOString()}::timestamptz` : sql``}
      ) wanted
      where place + (
        select count(*) from (
          select from notification_delivery waiting
          where waiting.tenant_id = wanted.tenant_id and waiting.channel_id = wanted.channel_id
            and waiting.status = 'PENDING'
          limit ${sql.lit(mostPending)}
        ) counted
      ) <= ${sql.lit(mostPending)}
      order by tenant_id collate "C", delivery_id collate "C"
      on conflict (tenant_id, delivery_id) do nothing`;
};
