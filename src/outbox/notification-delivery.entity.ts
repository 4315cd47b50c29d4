import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import { ownRows } from '../database/row-level-security.ts';
import type { TenantId } from '../values/identifier.ts';
import type { NotificationEvent } from './notification-event.ts';

export type DeliveryStatus = 'PENDING' | 'DELIVERED' | 'FAILED';

/** An event for one channel, written in the transaction of what it tells. */
export const NotificationDeliveryEntity = defineEntity({
  name: 'NotificationDelivery',
  tableName: 'notification_delivery',
  ...ownRows,
  indexes: [
    { name: 'notification_delivery_newest_first', properties: ['tenantId', 'channelId', 'at', 'place', 'id'] },
    {
      name: 'notification_delivery_pending',
      properties: ['tenantId', 'channelId', 'test', 'at', 'place', 'id'],
      columns: [
        { name: 'tenantId' },
        { name: 'channelId' },
        { name: 'test', sort: 'desc' },
        { name: 'at' },
        { name: 'place' },
        { name: 'id' },
      ],
      where: "status = 'PENDING'",
    },
  ],
  properties: {
    tenantId: p.text().$type<TenantId>().collation('C').primary(),
    /** Made from the channel and the event, so that no channel is told twice of one. */
    id: p.text().fieldName('delivery_id').collation('C').primary(),
    channelId: p.text().collation('C'),
    event: p.text().$type<NotificationEvent>().collation('C'),
    /** Whether somebody only tries the channel. */
    test: p.boolean().default(false),
    at: p.datetime(3),
    /** Order among the events of one statement. */
    place: p.integer(),
    /** What the receiver gets. */
    data: p.json<Record<string, unknown>>(),
    status: p.text().$type<DeliveryStatus>().collation('C').default('PENDING'),
    attempts: p.integer().default(0),
    /** Null for at once, and where there is none. */
    nextAttemptAt: p.datetime(3).nullable(),
    lastStatusCode: p.integer().nullable(),
    lastError: p.text().nullable(),
  },
});

export type NotificationDelivery = InferEntity<typeof NotificationDeliveryEntity>;
