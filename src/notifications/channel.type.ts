import { targetTenant } from '../caller/principal.ts';
import { builder } from '../graphql/builder.ts';
import type { ChannelKind, NotificationChannel } from '../outbox/notification-channel.entity.ts';
import type { NotificationEvent } from '../outbox/notification-event.ts';
import type { NotificationConfig } from '../settings/notification-settings.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { maskedUrl } from './channel-url.ts';
import { listChannels } from './channel.repository.ts';
import { createChannel, deleteChannel, rotateSecret, type CreatedChannel } from './channel.service.ts';

declare module '../caller/request-context.ts' {
  interface RequestServices {
    readonly notifications: NotificationConfig;
  }
}

const ChannelKindRef = builder.enumType('ChannelKind', {
  description: 'How a channel is told.',
  values: {
    WEBHOOK: { description: 'By an HTTP request that is signed as Standard Webhooks says.' },
    SLACK: { description: 'By an incoming webhook of Slack, or of another service that takes the same.' },
  } satisfies Record<ChannelKind, { description: string }>,
});

export const NotificationEventRef = builder.enumType('NotificationEvent', {
  description: 'What a channel can be told of.',
  values: {
    BUDGET_THRESHOLD: { description: 'A budget reached a threshold.' },
    SPEND_SPIKE: { description: 'An hour of a budget came to far more than is usual.' },
    BUDGET_RESET: { description: 'A new period of a budget began.' },
    KEY_EXPIRING: { description: 'An API key expires within a week.' },
    KEY_REVOKED: { description: 'An API key was revoked.' },
    UNPRICED_CALLS: { description: 'A model has calls without a price: once a day for each provider and model.' },
    RATE_LIMITED: { description: 'Calls were refused by a rate limit: once an hour for each caller.' },
  } satisfies Record<NotificationEvent, { description: string }>,
});

const NotificationChannelRef = builder.objectRef<NotificationChannel>('NotificationChannel').implement({
  description: 'Where a tenant is told of events.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the channel.' }),
    name: t.exposeString('name', { description: 'Display name.' }),
    kind: t.expose('kind', { type: ChannelKindRef, description: 'How it is told.' }),
    url: t.string({
      description: 'Where it is told, without all that follows the host, which is secret.',
      resolve: ({ url }) => maskedUrl(url),
    }),
    events: t.expose('events', { type: [NotificationEventRef], description: 'What it is told of.' }),
    enabled: t.exposeBoolean('enabled', {
      description: 'False once its receiver has answered 410 Gone: it is told of nothing any more.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of creation.' }),
  }),
});

const CreatedNotificationChannelRef = builder.objectRef<CreatedChannel>('CreatedNotificationChannel').implement({
  description: 'A channel with its new secret.',
  fields: (t) => ({
    channel: t.expose('channel', { type: NotificationChannelRef, description: 'The channel.' }),
    secret: t.exposeString('secret', {
      nullable: true,
      description: 'What a webhook verifies signatures with. Shown only once; null for channels of other kinds.',
    }),
  }),
});

const CreateNotificationChannelInput = builder.inputType('CreateNotificationChannelInput', {
  description: 'A new channel.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Display name, 1 to 200 characters.' }),
    kind: t.field({ type: ChannelKindRef, required: true, description: 'How it is told.' }),
    url: t.string({
      required: true,
      description:
        'Where it is told: an address that begins with `https://`, has at most 2,000 characters and leads to a public host, unless the settings of the gateway allow others.',
    }),
    events: t.field({ type: [NotificationEventRef], required: true, description: 'What it is told of, at least one.' }),
  }),
});

const ofTenant = 'Tenant of the channel; your own when left out. Superusers must name it.';

builder.queryField('notificationChannels', (t) =>
  t.field({
    type: [NotificationChannelRef],
    description: 'Channels of a tenant, oldest first; there are at most 20.',
    args: {
      tenantId: t.arg.id({ description: 'Tenant of the channels; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ readAdministration: args.tenantId }),
    resolve: async (_parent, { tenantId }, context) => {
      const tenant = await context.once(tenantLoader).load(targetTenant(context.principal, tenantId));
      return listChannels(context.em, tenant.id);
    },
  }),
);

builder.mutationField('createNotificationChannel', (t) =>
  t.field({
    type: CreatedNotificationChannelRef,
    description: 'Creates a channel, which is told of what happens from then on. A tenant has at most 20.',
    args: {
      input: t.arg({ type: CreateNotificationChannelInput, required: true, description: 'The channel.' }),
      tenantId: t.arg.id({ description: ofTenant }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: (_parent, { input, tenantId }, { em, principal, services, now }) =>
      createChannel(em, principal, targetTenant(principal, tenantId), input, services.notifications, now),
  }),
);

builder.mutationField('deleteNotificationChannel', (t) =>
  t.boolean({
    description:
      'Deletes a channel with its deliveries, sent or not. NOT_FOUND on `id` when the tenant has no such channel.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the channel.' }),
      tenantId: t.arg.id({ description: ofTenant }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: async (_parent, { id, tenantId }, { em, principal, now }) => {
      await deleteChannel(em, principal, { tenantId: targetTenant(principal, tenantId), id }, now);
      return true;
    },
  }),
);

builder.mutationField('rotateNotificationSecret', (t) =>
  t.field({
    type: CreatedNotificationChannelRef,
    description:
      'Gives a webhook a new secret. For `graceSeconds` messages are signed with the current one as well; one from an earlier rotation ends at once. NOT_FOUND on `id` when the tenant has no such channel, VALIDATION_ERROR when it is no webhook.',
    args: {
      id: t.arg.id({ required: true, description: 'Id of the channel.' }),
      graceSeconds: t.arg.int({
        defaultValue: 86_400,
        description:
          'How long the current secret signs as well: 0 to 2,592,000 seconds (30 days); a day when left out.',
      }),
      tenantId: t.arg.id({ description: ofTenant }),
    },
    authScopes: (_parent, args) => ({ administer: args.tenantId }),
    resolve: (_parent, { id, graceSeconds, tenantId }, { em, principal, now }) =>
      rotateSecret(em, principal, { tenantId: targetTenant(principal, tenantId), id }, graceSeconds ?? 86_400, now),
  }),
);
