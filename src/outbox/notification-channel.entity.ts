import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import { ownRows } from '../database/row-level-security.ts';
import type { TenantId } from '../values/identifier.ts';
import type { NotificationEvent } from './notification-event.ts';

export type ChannelKind = 'WEBHOOK' | 'SLACK';

/** Where a tenant wants to be told of events. */
export const NotificationChannelEntity = defineEntity({
  name: 'NotificationChannel',
  tableName: 'notification_channel',
  ...ownRows,
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    id: p.text().fieldName('channel_id').collation('C').primary(),
    name: p.text(),
    kind: p.text().$type<ChannelKind>(),
    /** Whoever knows it may send to it, so that only its host is shown. */
    url: p.text(),
    events: p.array().$type<NotificationEvent[]>(),
    /** Whether deliveries are made; false once the receiver has said that it is gone. */
    enabled: p.boolean(),
    /** What webhooks are signed with, as receivers are given it; null for other kinds. */
    secret: p.text().nullable(),
    /** The secret before the last rotation, which signs as well until `previousSecretUntil`. */
    previousSecret: p.text().nullable(),
    previousSecretUntil: p.datetime(3).nullable(),
    createdAt: p.datetime(3),
    /** Of the gateway that sends to it; it ends with `leasedUntil`, also when that gateway has died. */
    leaseId: p.uuid().nullable(),
    leasedUntil: p.datetime(3).nullable(),
  },
});

export type NotificationChannel = InferEntity<typeof NotificationChannelEntity>;
