import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { oneOf, wholeNumber } from './parsers.ts';

/** How notifications are sent. */
export interface NotificationConfig {
  /** Pauses before the second and later tries of a delivery, each a fifth longer or shorter by chance; then it has failed. */
  retriesMs: readonly number[];
  /** How long one try may take. */
  tryMs: number;
  /** Whether channels may have the scheme http. */
  plainHttp: boolean;
  /** Networks that channels may be in although they are not public, in CIDR notation. */
  networks: readonly string[];
}

const words = (text: string) => text.split(',').map((word) => word.trim());

const hour = 3600;
/** About three days, as Standard Webhooks recommends. */
const retries = [5, 30, 120, 600, 0.5 * hour, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];
const mostRetries = 50;
const longestPause = 7 * 24 * hour;

const isPause = (seconds: number) => seconds >= 0.01 && seconds <= longestPause;

export const notificationSettings = {
  NOTIFICATION_RETRY_SECONDS: z
    .string()
    .transform((text) => words(text).map(Number))
    .refine(
      (pauses) => pauses.length <= mostRetries && pauses.every(isPause),
      `must be up to ${mostRetries} numbers of seconds, separated by commas`,
    )
    .default(retries)
    .describe(
      'Seconds before the second and each later try of a notification that was not taken, separated by commas; each pause is up to a fifth longer or shorter by chance. After the last one the delivery has failed.',
    ),
  NOTIFICATION_TRY_SECONDS: wholeNumber(1, 60)
    .default(15)
    .describe('Seconds that a receiver of notifications has for its answer.'),
  NOTIFICATION_HTTP: oneOf(['refused', 'allowed'])
    .default('refused')
    .describe('`allowed` lets notifications go to addresses with `http:` too, unencrypted.'),
  NOTIFICATION_NETWORKS: z
    .string()
    .transform(words)
    .refine(
      (networks) => networks.every((network) => ipaddr.isValidCIDR(network)),
      'must be networks like 10.1.0.0/16 or fd00::/8, separated by commas',
    )
    .default([])
    .describe(
      'Networks that notifications may be sent to although they are not public, such as `10.1.0.0/16`, separated by commas. All other addresses that are private, of the machine itself, link-local or reserved are refused.',
    ),
};

export const notificationConfig = (
  settings: Readonly<z.infer<z.ZodObject<typeof notificationSettings>>>,
): NotificationConfig => ({
  retriesMs: settings.NOTIFICATION_RETRY_SECONDS.map((seconds) => seconds * 1000),
  tryMs: settings.NOTIFICATION_TRY_SECONDS * 1000,
  plainHttp: settings.NOTIFICATION_HTTP === 'allowed',
  networks: settings.NOTIFICATION_NETWORKS,
});
