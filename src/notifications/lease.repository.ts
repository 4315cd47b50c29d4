import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import { NotificationChannelEntity, type NotificationChannel } from '../outbox/notification-channel.entity.ts';
import { NotificationDeliveryEntity, type NotificationDelivery } from '../outbox/notification-delivery.entity.ts';
import type { TenantId } from '../values/identifier.ts';
import type { ChannelKey } from './channel.repository.ts';

type Row = Record<string, unknown>;

/**
 * How often a delivery is tried again while later ones of its channel wait for it. Then they overtake it: one that is never
 * taken must not hold back all others.
 */
const heldUpFor = 3;

/** The delivery of a channel that comes next: the first that is due, or that the others wait for. */
const headSql = (channel: string, now: Date) => sql`
      select * from notification_delivery delivery
      where delivery.tenant_id = ${sql.table(channel)}.tenant_id and delivery.channel_id = ${sql.table(channel)}.channel_id
        and delivery.status = 'PENDING'
        and (delivery.attempts <= ${sql.lit(heldUpFor)} or delivery.next_attempt_at <= ${now.toISOString()}::timestamptz)
      order by delivery.test desc, delivery.at, delivery.place, delivery.delivery_id
      limit 1`;

const isDue = (now: Date) =>
  sql`(head.next_attempt_at is null or head.next_attempt_at <= ${now.toISOString()}::timestamptz)`;

/** Channels of all tenants that have something to be sent now and that nobody sends to, in no order. */
export async function findDueChannels(em: SqlEntityManager, now: Date, atMost: number): Promise<ChannelKey[]> {
  const { rows } = await sql<{ tenant_id: TenantId; channel_id: string }>`
    with waiting as (
      select distinct delivery.tenant_id, delivery.channel_id
      from tenant
      join notification_delivery delivery on delivery.tenant_id = tenant.tenant_id
      where delivery.status = 'PENDING'
    )
    select channel.tenant_id, channel.channel_id
    from waiting
    join notification_channel channel on channel.tenant_id = waiting.tenant_id
      and channel.channel_id = waiting.channel_id
    cross join lateral (${headSql('channel', now)}) head
    where channel.enabled and ${isDue(now)}
      and (channel.leased_until is null or channel.leased_until <= ${now.toISOString()}::timestamptz)
    order by random()
    limit ${atMost}`.execute(inSession(em));
  return rows.map((row) => ({ tenantId: row.tenant_id, id: row.channel_id }));
}

/** A right to send to a channel that nobody else has until it ends. */
export interface Lease {
  id: string;
  until: Date;
}

/** Takes the lease of a channel; undefined where another gateway has it. */
export async function takeLease(
  em: SqlEntityManager,
  { tenantId, id }: ChannelKey,
  lease: Lease,
  now: Date,
): Promise<NotificationChannel | undefined> {
  const { rows } = await sql<Row>`
    update notification_channel set lease_id = ${lease.id}, leased_until = ${lease.until.toISOString()}::timestamptz
    where tenant_id = ${tenantId} and channel_id = ${id} and enabled
      and (leased_until is null or leased_until <= ${now.toISOString()}::timestamptz)
    returning *`.execute(inSession(em));
  return rows[0] && em.map(NotificationChannelEntity, rows[0]);
}

/** Holds a lease for longer; undefined where it has ended and somebody else has taken it, or the channel is gone. */
export async function renewLease(
  em: SqlEntityManager,
  { tenantId, id }: ChannelKey,
  lease: Lease,
): Promise<NotificationChannel | undefined> {
  const { rows } = await sql<Row>`
    update notification_channel set leased_until = ${lease.until.toISOString()}::timestamptz
    where tenant_id = ${tenantId} and channel_id = ${id} and enabled and lease_id = ${lease.id}
    returning *`.execute(inSession(em));
  return rows[0] && em.map(NotificationChannelEntity, rows[0]);
}

/** Gives a lease back. */
export async function endLease(em: SqlEntityManager, { tenantId, id }: ChannelKey, leaseId: string): Promise<void> {
  await sql`
    update notification_channel set lease_id = null, leased_until = null
    where tenant_id = ${tenantId} and channel_id = ${id} and lease_id = ${leaseId}`.execute(inSession(em));
}

/** The next delivery of a channel, if it is due. */
export async function nextDelivery(
  em: SqlEntityManager,
  { tenantId, id }: ChannelKey,
  now: Date,
): Promise<NotificationDelivery | undefined> {
  const { rows } = await sql<Row>`
    select head.* from notification_channel channel
    cross join lateral (${headSql('channel', now)}) head
    where channel.tenant_id = ${tenantId} and channel.channel_id = ${id} and ${isDue(now)}`.execute(inSession(em));
  return rows[0] && em.map(NotificationDeliveryEntity, rows[0]);
}
