import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import { NotificationChannelEntity, type NotificationChannel } from '../outbox/notification-channel.entity.ts';
import type { NotificationEvent } from '../outbox/notification-event.ts';
import type { TenantId } from '../values/identifier.ts';

type Row = Record<string, unknown>;

/** A channel by what names it. */
export type ChannelKey = Pick<NotificationChannel, 'tenantId' | 'id'>;

/** Channels of a tenant, oldest first. */
export async function listChannels(em: SqlEntityManager, tenantId: TenantId): Promise<NotificationChannel[]> {
  const { rows } = await sql<Row>`
    select * from notification_channel where tenant_id = ${tenantId} order by created_at, channel_id`.execute(
    inSession(em),
  );
  return rows.map((row) => em.map(NotificationChannelEntity, row));
}

export async function findChannel(
  em: SqlEntityManager,
  { tenantId, id }: ChannelKey,
): Promise<NotificationChannel | undefined> {
  // No text of the database has a NUL, which the database would refuse.
  if (id.includes('\0')) return undefined;
  const { rows } = await sql<Row>`
    select * from notification_channel where tenant_id = ${tenantId} and channel_id = ${id}`.execute(inSession(em));
  return rows[0] && em.map(NotificationChannelEntity, rows[0]);
}

/** The same, locked until the transaction ends. */
export async function lockChannel(
  em: SqlEntityManager,
  { tenantId, id }: ChannelKey,
): Promise<NotificationChannel | undefined> {
  if (id.includes('\0')) return undefined;
  const { rows } = await sql<Row>`
    select * from notification_channel where tenant_id = ${tenantId} and channel_id = ${id} for update`.execute(
    inSession(em),
  );
  return rows[0] && em.map(NotificationChannelEntity, rows[0]);
}

/** Lets nobody else add channels to a tenant until the transaction ends. False when there is no such tenant. */
export async function holdChannels(em: SqlEntityManager, tenantId: TenantId): Promise<boolean> {
  const { rows } = await sql`
    select from rollup_mark where tenant_id = ${tenantId} for no key update`.execute(inSession(em));
  return rows.length > 0;
}

export async function countChannels(em: SqlEntityManager, tenantId: TenantId): Promise<number> {
  const { rows } = await sql<{ channels: number }>`
    select count(*)::int as channels from notification_channel where tenant_id = ${tenantId}`.execute(inSession(em));
  return rows[0]?.channels ?? 0;
}

export type NewChannel = Pick<
  NotificationChannel,
  'tenantId' | 'id' | 'name' | 'kind' | 'url' | 'events' | 'secret' | 'createdAt'
>;

export async function insertChannel(em: SqlEntityManager, channel: NewChannel): Promise<NotificationChannel> {
  const { tenantId, id, name, kind, url, events, secret, createdAt } = channel;
  const { rows } = await sql<Row>`
    insert into notification_channel (tenant_id, channel_id, name, kind, url, events, enabled, secret, created_at)
    values (${tenantId}, ${id}, ${name}, ${kind}, ${url}, ${events}::text[], true, ${secret},
      ${createdAt.toISOString()}::timestamptz)
    returning *`.execute(inSession(em));
  const [row] = rows;
  if (!row) throw new Error('An insert returns its row.');
  return em.map(NotificationChannelEntity, row);
}

/** Deletes a channel with its deliveries. */
export async function deleteChannelRows(em: SqlEntityManager, { tenantId, id }: ChannelKey): Promise<void> {
  for (const table of ['notification_delivery', 'notification_channel'])
    await sql`delete from ${sql.table(table)} where tenant_id = ${tenantId} and channel_id = ${id}`.execute(
      inSession(em),
    );
}

/** Gives a channel a new secret; the current one goes on signing until a time, if one is given. */
export async function replaceSecret(
  em: SqlEntityManager,
  { tenantId, id }: ChannelKey,
  secret: string,
  previousUntil: Date | null,
): Promise<void> {
  await sql`
    update notification_channel
    set previous_secret = ${previousUntil ? sql`secret` : null},
      previous_secret_until = ${previousUntil?.toISOString() ?? null}::timestamptz, secret = ${secret}
    where tenant_id = ${tenantId} and channel_id = ${id}`.execute(inSession(em));
}

/** Tenants with a channel that wants to be told of an event. */
export async function findListeningTenants(em: SqlEntityManager, event: NotificationEvent): Promise<TenantId[]> {
  const { rows } = await sql<{ tenant_id: TenantId }>`
    select tenant_id from tenant
    where exists (
      select from notification_channel channel
      where channel.tenant_id = tenant.tenant_id and channel.enabled and ${event} = any(channel.events)
    )
    order by tenant_id`.execute(inSession(em));
  return rows.map((row) => row.tenant_id);
}
