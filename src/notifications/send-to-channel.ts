import { v4 as uuidv4 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from '../database/transaction.ts';
import type { NotificationChannel } from '../outbox/notification-channel.entity.ts';
import type { NotificationDelivery } from '../outbox/notification-delivery.entity.ts';
import type { Logger } from '../settings/log.ts';
import type { NotificationConfig } from '../settings/notification-settings.ts';
import { signals } from '../telemetry/signals.ts';
import type { Clock } from '../values/clock.ts';
import type { ChannelKey } from './channel.repository.ts';
import { noteTry, switchOff, type Tried } from './delivery.repository.ts';
import { endLease, nextDelivery, renewLease, takeLease, type Lease } from './lease.repository.ts';
import { post, type Answer } from './post.ts';
import type { ReceiverAddresses } from './receiver-address.ts';
import { slackMessage } from './slack-message.ts';
import { webhookMessage } from './webhook-message.ts';

/** What sending needs. */
export interface SendingParts {
  clock: Clock;
  log: Logger;
  config: NotificationConfig;
  addresses: ReceiverAddresses;
}

/** Deliveries of a channel before others get its place. */
const deliveriesAtOnce = 50;

/** For writing down what came of a try, in which the lease must not end. */
const spareMs = 5_000;

const gone = 410;
const goneWords = 'The receiver answered with status 410 (Gone), which switches its channel off.';

/**
 * Sends what waits for a channel, in order, for as long as something is due; ends early when `signal` is aborted. While it
 * does, it holds the channel's lease, so that no other gateway sends to it; after a gateway has died the lease ends by itself.
 * A delivery is noted after it was sent: whoever dies in between sends it twice, never not at all.
 */
export async function sendToChannel(
  em: SqlEntityManager,
  key: ChannelKey,
  parts: SendingParts,
  signal: AbortSignal,
): Promise<void> {
  const { clock, config } = parts;
  const leaseId = uuidv4();
  const lease = (): Lease => ({ id: leaseId, until: new Date(clock().getTime() + config.tryMs + spareMs) });
  let channel = await takeLease(em, key, lease(), clock());
  if (!channel) return;
  try {
    for (let sent = 0; channel && sent < deliveriesAtOnce && !signal.aborted; sent++) {
      const delivery = await nextDelivery(em, key, clock());
      if (!delivery) return;
      const answer = await tryOnce(channel, delivery, parts, signal);
      const tried = judge(answer, delivery, config, clock());
      channel = await inTransaction(em, async (em) => {
        // Channels before deliveries, as whoever deletes or resends something locks them.
        const held = await renewLease(em, key, lease());
        await noteTry(em, delivery, tried);
        if (held && tried.statusCode === gone) await switchOff(em, key, goneWords);
        return held && tried.statusCode !== gone ? held : undefined;
      });
      if (tried.statusCode === gone) parts.log.warn({ ...key, status: gone }, 'a channel is gone and switched off');
      signals.delivery.emit({ outcome: tried.status });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await endLease(em, key, leaseId);
  }
}

function tryOnce(
  channel: NotificationChannel,
  delivery: NotificationDelivery,
  { clock, config, addresses }: SendingParts,
  signal: AbortSignal,
): Promise<Answer> {
  const { url, kind } = channel;
  // Settings may have changed since the channel was made.
  if (!config.plainHttp && !url.startsWith('https:'))
    return Promise.resolve({ error: 'The address has the scheme http, and NOTIFICATION_HTTP does not allow it.' });
  const message = kind === 'SLACK' ? slackMessage(delivery) : webhookMessage(channel, delivery, clock());
  return post(url, message, { addresses, timeoutMs: config.tryMs, signal });
}

/** By how much a pause may be longer or shorter, as a part of it. */
const jitter = 0.2;

/** What a delivery comes to with an answer. A test is tried once. */
export function judge(
  answer: Answer,
  { attempts, test }: Pick<NotificationDelivery, 'attempts' | 'test'>,
  { retriesMs }: Pick<NotificationConfig, 'retriesMs'>,
  now: Date,
): Tried {
  const statusCode = 'status' in answer ? answer.status : null;
  if (statusCode !== null && statusCode >= 200 && statusCode <= 299)
    return { status: 'DELIVERED', nextAttemptAt: null, statusCode, error: null };
  const error = 'error' in answer ? answer.error : refusalInWords(answer.status);
  const pauseMs = test || statusCode === gone ? undefined : retriesMs[attempts];
  if (pauseMs === undefined) return { status: 'FAILED', nextAttemptAt: null, statusCode, error };
  const factor = 1 + jitter * (2 * Math.random() - 1);
  return { status: 'PENDING', nextAttemptAt: new Date(now.getTime() + pauseMs * factor), statusCode, error };
}

function refusalInWords(status: number): string {
  if (status === gone) return goneWords;
  const answered = `The receiver answered with status ${status}`;
  return status >= 300 && status <= 399 ? `${answered}. Redirects are not followed.` : `${answered}.`;
}
