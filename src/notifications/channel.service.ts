import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { maxGraceSeconds } from '../access/api-keys/api-key.service.ts';
import type { Act } from '../audit/audit.repository.ts';
import { audited } from '../audit/audited.ts';
import type { Principal } from '../caller/principal.ts';
import { turnRevision } from '../limits/budget.repository.ts';
import type { NotificationChannel } from '../outbox/notification-channel.entity.ts';
import type { NotificationDelivery } from '../outbox/notification-delivery.entity.ts';
import type { NotificationConfig } from '../settings/notification-settings.ts';
import { noTenant } from '../tenancy/tenant.service.ts';
import { NotFoundError, ValidationError } from '../values/errors.ts';
import { identifier, type TenantId } from '../values/identifier.ts';
import { maskedUrl, readChannelUrl } from './channel-url.ts';
import {
  countChannels,
  deleteChannelRows,
  holdChannels,
  insertChannel,
  lockChannel,
  replaceSecret,
  type ChannelKey,
} from './channel.repository.ts';
import { beginAgain, findDelivery, findPendingTest, insertTest } from './delivery.repository.ts';
import { newWebhookSecret } from './webhook-message.ts';

/** Channels that a tenant may have. */
export const mostChannels = 20;

/** A channel, and its secret where that is new. */
export interface CreatedChannel {
  channel: NotificationChannel;
  secret: string | null;
}

/**
 * Adds a channel. A webhook's secret is in the answer and not shown again.
 * @throws {ValidationError} on `name`, `url`, `events`, and beyond 20 channels.
 * @throws {NotFoundError} when there is no such tenant.
 */
export async function createChannel(
  em: SqlEntityManager,
  principal: Principal,
  tenantId: TenantId,
  input: Pick<NotificationChannel, 'name' | 'kind' | 'url' | 'events'>,
  config: NotificationConfig,
  now: Date,
): Promise<CreatedChannel> {
  const { kind } = input;
  const name = identifier(input.name, 'name');
  const url = readChannelUrl(input.url, config);
  const events = [...new Set(input.events)];
  if (events.length === 0) throw new ValidationError('A channel needs at least one event.', 'events');
  const secret = kind === 'WEBHOOK' ? newWebhookSecret() : null;
  return audited(em, principal, now, async (em) => {
    if (!(await holdChannels(em, tenantId))) throw noTenant(tenantId);
    if ((await countChannels(em, tenantId)) >= mostChannels)
      throw new ValidationError(`A tenant has at most ${mostChannels} channels. Delete one that is not needed.`);
    const row = { tenantId, id: uuidv7(), name, kind, url, events, secret, createdAt: now };
    const channel = await insertChannel(em, row);
    await turnRevision(em, tenantId);
    return { result: { channel, secret }, act: actOn(channel, 'channel.create') };
  });
}

/** Deletes a channel with its deliveries, sent or not. @throws {NotFoundError} on `id`. */
export async function deleteChannel(
  em: SqlEntityManager,
  principal: Principal,
  key: ChannelKey,
  now: Date,
): Promise<void> {
  return audited(em, principal, now, async (em) => {
    await holdChannels(em, key.tenantId);
    const channel = await findLocked(em, key);
    await deleteChannelRows(em, key);
    await turnRevision(em, key.tenantId);
    return { result: undefined, act: actOn(channel, 'channel.delete') };
  });
}

/**
 * Gives a webhook a new secret. Until the grace period is over messages are signed with the current one as well; one from an
 * earlier rotation ends at once.
 * @throws {ValidationError} on `graceSeconds`, and on `id` for a channel that is no webhook.
 * @throws {NotFoundError} on `id`.
 */
export async function rotateSecret(
  em: SqlEntityManager,
  principal: Principal,
  key: ChannelKey,
  graceSeconds: number,
  now: Date,
): Promise<CreatedChannel> {
  if (graceSeconds < 0 || graceSeconds > maxGraceSeconds)
    throw new ValidationError(`'graceSeconds' must be from 0 to ${maxGraceSeconds}`, 'graceSeconds');
  return audited(em, principal, now, async (em) => {
    const channel = await findLocked(em, key);
    if (channel.kind !== 'WEBHOOK')
      throw new ValidationError('Only webhooks are signed. The address of this channel is its secret.', 'id');
    const secret = newWebhookSecret();
    const previousUntil = graceSeconds > 0 ? new Date(now.getTime() + graceSeconds * 1000) : null;
    await replaceSecret(em, key, secret, previousUntil);
    return { result: { channel, secret }, act: actOn(channel, 'channel.rotate', { graceSeconds }) };
  });
}

/**
 * Sends a test to a channel, tried once and before everything else that waits for it. While one waits, it is that one.
 * @throws {ValidationError} on `id` for a channel that is switched off.
 * @throws {NotFoundError} on `id`.
 */
export async function testChannel(
  em: SqlEntityManager,
  principal: Principal,
  key: ChannelKey,
  now: Date,
): Promise<NotificationDelivery> {
  return audited(em, principal, now, async (em) => {
    const channel = await findLocked(em, key);
    checkEnabled(channel, 'id');
    const waiting = await findPendingTest(em, key);
    if (waiting) return { result: waiting, act: undefined };
    const [event = 'BUDGET_THRESHOLD'] = channel.events;
    const data = {
      channelId: channel.id,
      name: channel.name,
      message: `This is a test of the channel ${channel.name}.`,
    };
    const { tenantId, id: channelId } = channel;
    const delivery = await insertTest(em, { tenantId, id: uuidv7(), channelId, event, at: now, data });
    return { result: delivery, act: actOn(channel, 'channel.test') };
  });
}

/**
 * Has a delivery sent again, with the same id, and tried as often as a new one.
 * @throws {ValidationError} on `id` when its channel is switched off.
 * @throws {NotFoundError} on `id`.
 */
export async function resendDelivery(
  em: SqlEntityManager,
  principal: Principal,
  { tenantId, id }: Pick<NotificationDelivery, 'tenantId' | 'id'>,
  now: Date,
): Promise<NotificationDelivery> {
  return audited(em, principal, now, async (em) => {
    const known = await findDelivery(em, { tenantId, id });
    // Channels before deliveries, as whoever sends locks them.
    const channel = known && (await lockChannel(em, { tenantId, id: known.channelId }));
    const delivery = channel && (await beginAgain(em, { tenantId, id }));
    if (!delivery) throw new NotFoundError(`There is no delivery '${id}'.`, 'id');
    checkEnabled(channel, 'id');
    const details = { channelId: channel.id, event: delivery.event };
    return { result: delivery, act: { action: 'delivery.resend', tenantId, target: id, details } };
  });
}

export const noChannel = (id: string, field: string): NotFoundError =>
  new NotFoundError(`There is no channel '${id}'.`, field);

async function findLocked(em: SqlEntityManager, key: ChannelKey): Promise<NotificationChannel> {
  const channel = await lockChannel(em, key);
  if (!channel) throw noChannel(key.id, 'id');
  return channel;
}

function checkEnabled({ id, enabled }: NotificationChannel, field: string): void {
  if (!enabled)
    throw new ValidationError(
      `The channel '${id}' is switched off, as its receiver said that it is gone. Create another one.`,
      field,
    );
}

const actOn = (channel: NotificationChannel, action: string, more: Record<string, unknown> = {}): Act => {
  const { tenantId, id, name, kind, url, events } = channel;
  return { action, tenantId, target: id, details: { name, kind, url: maskedUrl(url), events, ...more } };
};
