import { vi } from 'vitest';
import { notificationEvents } from '../../src/outbox/notification-event.ts';
import type { NotificationConfig } from '../../src/settings/notification-settings.ts';
import type { TestGateway } from '../support/gateway.ts';

/** Lets channels be on this machine, and tries again at once. */
export const toThisMachine: NotificationConfig = {
  retriesMs: [50, 50, 50, 50, 50, 50],
  tryMs: 2_000,
  plainHttp: true,
  networks: ['127.0.0.0/8'],
};

export interface Channel {
  id: string;
  name: string;
  kind: string;
  url: string;
  events: string[];
  enabled: boolean;
}

export interface Delivery {
  id: string;
  at: string;
  event: string;
  status: 'PENDING' | 'DELIVERED' | 'FAILED';
  attempts: number;
  nextAttemptAt: string | null;
  lastStatusCode: number | null;
  lastError: string | null;
}

export const deliveryFields = 'id at event status attempts nextAttemptAt lastStatusCode lastError';
export const channelFields = 'id name kind url events enabled';

export interface Asking {
  gateway: TestGateway;
  tenantId: string;
}

/** Asks, and fails the test on any error. */
export async function ask<Data>(
  { gateway, tenantId }: Asking,
  document: string,
  variables: object = {},
): Promise<Data> {
  const { data, errors } = await gateway.send<Data, object>(document, { tenantId, ...variables });
  if (errors.length > 0) throw new Error(`The gateway answered with errors: ${JSON.stringify(errors)}`);
  return data;
}

/** Asks, and returns the code and field of the error. */
export async function refusalOf(
  { gateway, tenantId }: Asking,
  document: string,
  variables: object = {},
): Promise<(string | undefined)[]> {
  const { errors } = await gateway.send(document, { tenantId, ...variables });
  return [errors[0]?.extensions.code, errors[0]?.extensions.field];
}

export const createDocument = `mutation ($tenantId: ID, $input: CreateNotificationChannelInput!) {
  createNotificationChannel(tenantId: $tenantId, input: $input) { channel { ${channelFields} } secret } }`;

/** Creates a channel for all events, unless others are given. */
export async function createChannel(
  asking: Asking,
  input: Partial<Pick<Channel, 'name' | 'kind' | 'events'>> & { url: string },
): Promise<{ channel: Channel; secret: string }> {
  const all = { name: 'Channel', kind: 'WEBHOOK', events: notificationEvents, ...input };
  const { createNotificationChannel } = await ask<{
    createNotificationChannel: { channel: Channel; secret: string };
  }>(asking, createDocument, { input: all });
  return createNotificationChannel;
}

export async function channelsOf(asking: Asking): Promise<Channel[]> {
  const { notificationChannels } = await ask<{ notificationChannels: Channel[] }>(
    asking,
    `query ($tenantId: ID) { notificationChannels(tenantId: $tenantId) { ${channelFields} } }`,
  );
  return notificationChannels;
}

/** Deliveries of a channel, newest first. */
export async function deliveriesOf(asking: Asking, channelId: string): Promise<Delivery[]> {
  const { deliveries } = await ask<{ deliveries: { edges: { node: Delivery }[] } }>(
    asking,
    `query ($tenantId: ID, $channelId: ID!) {
      deliveries(tenantId: $tenantId, channelId: $channelId, first: 1000) { edges { node { ${deliveryFields} } } } }`,
    { channelId },
  );
  return deliveries.edges.map(({ node }) => node);
}

/** The deliveries of a channel once none is pending. */
export async function settledDeliveries(asking: Asking, channelId: string): Promise<Delivery[]> {
  return vi.waitFor(
    async () => {
      const all = await deliveriesOf(asking, channelId);
      if (all.length === 0 || all.some(({ status }) => status === 'PENDING')) throw new Error(JSON.stringify(all));
      return all;
    },
    { timeout: 60_000, interval: 50 },
  );
}

/** Has an event happen: a key is created and revoked. Returns the id of the key. */
export async function revokeAKey(asking: Asking, name = 'Key'): Promise<string> {
  const { createApiKey } = await ask<{ createApiKey: { apiKey: { id: string } } }>(
    asking,
    `mutation ($tenantId: ID, $name: String!) {
      createApiKey(tenantId: $tenantId, input: { name: $name, role: TENANT_MEMBER }) { apiKey { id } } }`,
    { name },
  );
  const { id } = createApiKey.apiKey;
  await ask(asking, 'mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id });
  return id;
}

export const createTenant = ({ gateway, tenantId }: Asking) =>
  ask({ gateway, tenantId }, 'mutation ($tenantId: ID!) { createTenant(input: { id: $tenantId, name: "T" }) { id } }');
