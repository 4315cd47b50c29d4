import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { Page } from '../graphql/connection.ts';
import {
  NotificationDeliveryEntity,
  type DeliveryStatus,
  type NotificationDelivery,
} from '../outbox/notification-delivery.entity.ts';
import type { TenantId } from '../values/identifier.ts';
import type { ChannelKey } from './channel.repository.ts';

type Row = Record<string, unknown>;
type DeliveryKey = Pick<NotificationDelivery, 'tenantId' | 'id'>;

/** Position of a delivery in the list of its channel. */
export type DeliveryPlace = Pick<NotificationDelivery, 'at' | 'place' | 'id'>;

/** Deliveries of a channel, newest first, with one row more than the page holds. */
export async function listDeliveries(
  em: SqlEntityManager,
  { tenantId, id }: ChannelKey,
  { first, after }: Page<DeliveryPlace>,
): Promise<NotificationDelivery[]> {
  const { rows } = await sql<Row>`
    select * from notification_delivery
    where tenant_id = ${tenantId} and channel_id = ${id}
      ${after ? sql`and (at, place, delivery_id) < (${after.at.toISOString()}::timestamptz, ${after.place}, ${after.id})` : sql``}
    order by at desc, place desc, delivery_id desc
    limit ${first + 1}`.execute(inSession(em));
  return rows.map((row) => em.map(NotificationDeliveryEntity, row));
}

export async function findDelivery(
  em: SqlEntityManager,
  { tenantId, id }: DeliveryKey,
): Promise<NotificationDelivery | undefined> {
  // No text of the database has a NUL, which the database would refuse.
  if (id.includes('\0')) return undefined;
  const { rows } = await sql<Row>`
    select * from notification_delivery where tenant_id = ${tenantId} and delivery_id = ${id}`.execute(inSession(em));
  return rows[0] && em.map(NotificationDeliveryEntity, rows[0]);
}

/** The test of a channel that has not been sent yet. */
export async function findPendingTest(
  em: SqlEntityManager,
  { tenantId, id }: ChannelKey,
): Promise<NotificationDelivery | undefined> {
  const { rows } = await sql<Row>`
    select * from notification_delivery
    where tenant_id = ${tenantId} and channel_id = ${id} and test and status = 'PENDING'
    limit 1`.execute(inSession(em));
  return rows[0] && em.map(NotificationDeliveryEntity, rows[0]);
}

export async function insertTest(
  em: SqlEntityManager,
  delivery: Pick<NotificationDelivery, 'tenantId' | 'id' | 'channelId' | 'event' | 'at' | 'data'>,
): Promise<NotificationDelivery> {
  const { tenantId, id, channelId, event, at, data } = delivery;
  const { rows } = await sql<Row>`
    insert into notification_delivery (tenant_id, delivery_id, channel_id, event, test, at, place, data)
    values (${tenantId}, ${id}, ${channelId}, ${event}, true, ${at.toISOString()}::timestamptz, 1,
      ${JSON.stringify(data)}::jsonb)
    returning *`.execute(inSession(em));
  const [row] = rows;
  if (!row) throw new Error('An insert returns its row.');
  return em.map(NotificationDeliveryEntity, row);
}

/** Has a delivery sent as if it had never been tried; undefined when there is none any more. */
export async function beginAgain(
  em: SqlEntityManager,
  { tenantId, id }: DeliveryKey,
): Promise<NotificationDelivery | undefined> {
  const { rows } = await sql<Row>`
    update notification_delivery
    set status = 'PENDING', attempts = 0, next_attempt_at = null, last_status_code = null, last_error = null
    where tenant_id = ${tenantId} and delivery_id = ${id}
    returning *`.execute(inSession(em));
  return rows[0] && em.map(NotificationDeliveryEntity, rows[0]);
}

/** What came of a try. */
export interface Tried {
  status: DeliveryStatus;
  nextAttemptAt: Date | null;
  statusCode: number | null;
  error: string | null;
}

/** Notes what came of a try, unless the delivery has changed since it was read. */
export async function noteTry(
  em: SqlEntityManager,
  { tenantId, id, attempts }: DeliveryKey & Pick<NotificationDelivery, 'attempts'>,
  { status, nextAttemptAt, statusCode, error }: Tried,
): Promise<void> {
  await sql`
    update notification_delivery
    set status = ${status}, attempts = attempts + 1, next_attempt_at = ${nextAttemptAt?.toISOString() ?? null}::timestamptz,
      last_status_code = ${statusCode}, last_error = ${error}
    where tenant_id = ${tenantId} and delivery_id = ${id} and status = 'PENDING' and attempts = ${attempts}`.execute(
    inSession(em),
  );
}

/** Switches a channel off, with all that still waits for it. */
export async function switchOff(em: SqlEntityManager, { tenantId, id }: ChannelKey, error: string): Promise<void> {
  await sql`
    update notification_channel set enabled = false where tenant_id = ${tenantId} and channel_id = ${id}`.execute(
    inSession(em),
  );
  await sql`
    update notification_delivery set status = 'FAILED', next_attempt_at = null, last_error = ${error}
    where tenant_id = ${tenantId} and channel_id = ${id} and status = 'PENDING'`.execute(inSession(em));
}

/** Forgets deliveries of a tenant from before a time. */
export async function forgetDeliveries(em: SqlEntityManager, tenantId: TenantId, before: Date): Promise<void> {
  await sql`
    delete from notification_delivery
    where tenant_id = ${tenantId} and at < ${before.toISOString()}::timestamptz`.execute(inSession(em));
}

/** Deliveries of channels that are switched on and still wait, and the age of the oldest in seconds. */
export async function readBacklog(em: SqlEntityManager): Promise<{ deliveries: number; seconds: number }> {
  const { rows } = await sql<{ deliveries: string; seconds: number }>`
    select count(*) as deliveries, coalesce(extract(epoch from now() - min(delivery.at)), 0)::float8 as seconds
    from tenant
    join notification_delivery delivery on delivery.tenant_id = tenant.tenant_id
    join notification_channel channel on channel.tenant_id = delivery.tenant_id
      and channel.channel_id = delivery.channel_id
    where delivery.status = 'PENDING' and channel.enabled`.execute(inSession(em));
  return { deliveries: Number(rows[0]?.deliveries ?? 0), seconds: Math.max(0, rows[0]?.seconds ?? 0) };
}
