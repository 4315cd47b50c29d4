import { targetTenant } from '../caller/principal.ts';
import { builder } from '../graphql/builder.ts';
import { connectionType, cursorTime, notACursor, pageArgs, readPage, toConnection } from '../graphql/connection.ts';
import type { DeliveryStatus, NotificationDelivery } from '../outbox/notification-delivery.entity.ts';
import { NotificationEventRef } from './channel.type.ts';
import { findChannel } from './channel.repository.ts';
import { noChannel, resendDelivery, testChannel } from './channel.service.ts';
import { listDeliveries } from './delivery.repository.ts';

const DeliveryStatusRef = builder.enumType('DeliveryStatus', {
  description: 'What became of a delivery.',
  values: {
    PENDING: { description: 'It is tried, or will be.' },
    DELIVERED: { description: 'The receiver answered with a status from 200 to 299.' },
    FAILED: { description: 'It was tried for the last time, or its channel was switched off.' },
  } satisfies Record<DeliveryStatus, { description: string }>,
});

const DeliveryRef = builder.objectRef<NotificationDelivery>('Delivery').implement({
  description: 'An event that one channel is told of. It is kept for 30 days.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'Id of the delivery, and of the message: the header `webhook-id` of each try.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When the event happened.' }),
    event: t.expose('event', {
      type: NotificationEventRef,
      description: 'What happened; of a test, the first of the events that the channel is told of.',
    }),
    status: t.expose('status', { type: DeliveryStatusRef, description: 'What became of it.' }),
    attempts: t.exposeInt('attempts', { description: 'How often it was tried, since it was last sent again.' }),
    nextAttemptAt: t.expose('nextAttemptAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it is tried next; null for as soon as it is its turn, and when it is not tried any more.',
    }),
    lastStatusCode: t.exposeInt('lastStatusCode', {
      nullable: true,
      description: 'Status of the last answer; null where there was none.',
    }),
    lastError: t.exposeString('lastError', {
      nullable: true,
      description: 'Why the last try failed; null where it did not, and before the first.',
    }),
  }),
});

const ofTenant = 'Tenant of the channel; your own when left out. Superusers must name it.';

builder.queryField('deliveries', (t) =>
  t.field({
    type: connectionType('Delivery', DeliveryRef),
    description:
      'What a channel was told of in the last 30 days, newest first. NOT_FOUND on `channelId` when the tenant has no such channel.',
    args: {
      channelId: t.arg.id({ required: true, description: 'Id of the channel.' }),
      tenantId: t.arg.id({ description: ofTenant }),
      ...pageArgs(),
    },
    authScopes: (_parent, args) => ({ readAdministration: args.tenantId }),
    resolve: async (_parent, { channelId, tenantId, ...args }, { em, principal }) => {
      const channel = await findChannel(em, { tenantId: targetTenant(principal, tenantId), id: channelId });
      if (!channel) throw noChannel(channelId, 'channelId');
      const { first, after } = readPage(args, 3);
      const [at = '', place = '', id = ''] = after ?? [];
      if (after && !/^\d{1,9}$/.test(place)) throw notACursor();
      const page = { first, after: after && { at: cursorTime(at), place: Number(place), id } };
      const rows = await listDeliveries(em, channel, page);
      return toConnection(rows, page, (row) => [row.at.toISOString(), String(row.place), row.id]);
    },
  }),
);

builder.mutationField('testNotificationChannel', (t) =>
  t.field({
    type: DeliveryRef,
    description:
      'Sends a test to a channel, of the type `channel.test`, which is tried once. NOT_FOUND on `id` when the tenant has no such channel, VALIDATION_ERROR when it is switched off.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the channel.' }),
      tenantId: t.arg.id({ description: ofTenant }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: (_parent, { id, tenantId }, { em, principal, now }) =>
      testChannel(em, principal, { tenantId: targetTenant(principal, tenantId), id }, now),
  }),
);

builder.mutationField('resendDelivery', (t) =>
  t.field({
    type: DeliveryRef,
    description:
      'Sends a delivery again, with the same id, and tries it as often as a new one. NOT_FOUND on `id` when the tenant has no such delivery, VALIDATION_ERROR when its channel is switched off.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the delivery.' }),
      tenantId: t.arg.id({ description: ofTenant }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: (_parent, { id, tenantId }, { em, principal, now }) =>
      resendDelivery(em, principal, { tenantId: targetTenant(principal, tenantId), id }, now),
  }),
);
