import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { NotificationChannel } from '../outbox/notification-channel.entity.ts';
import type { NotificationDelivery } from '../outbox/notification-delivery.entity.ts';
import type { NotificationEvent } from '../outbox/notification-event.ts';
import type { Message } from './post.ts';

const secretPrefix = 'whsec_';
const secretBytes = 32;

/** A new secret in the form of Standard Webhooks. */
export const newWebhookSecret = (): string => secretPrefix + randomBytes(secretBytes).toString('base64');

/** The type of messages that only try a channel. */
export const testType = 'channel.test';

/** An event as webhooks name it: "budget.threshold", "unpriced.calls". */
export const webhookType = (event: NotificationEvent): string => event.toLowerCase().replace('_', '.');

type Signing = Pick<NotificationChannel, 'secret' | 'previousSecret' | 'previousSecretUntil'>;
type Told = Pick<NotificationDelivery, 'id' | 'event' | 'test' | 'at' | 'data'>;

/** A delivery by Standard Webhooks. Its body and id are the same at each try; time and signatures are those of this one. */
export function webhookMessage(channel: Signing, { id, event, test, at, data }: Told, now: Date): Message {
  const body = JSON.stringify({ type: test ? testType : webhookType(event), timestamp: at.toISOString(), data });
  const { secret, previousSecret, previousSecretUntil } = channel;
  const isGrace = previousSecret && previousSecretUntil && previousSecretUntil > now;
  const secrets = [secret, ...(isGrace ? [previousSecret] : [])].filter((one) => typeof one === 'string');
  return {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'usage-gateway',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': secrets.map((one) => new Webhook(one).sign(id, now, body)).join(' '),
    },
    body,
  };
}
