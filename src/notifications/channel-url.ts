import type { NotificationConfig } from '../settings/notification-settings.ts';
import { ValidationError } from '../values/errors.ts';
import { RefusedAddressError, ReceiverAddresses } from './receiver-address.ts';

const longestUrl = 2000;

/**
 * The address of a channel, in its normal form. Names are resolved when something is sent, not here.
 * @throws {ValidationError} on `url`.
 */
export function readChannelUrl(text: string, config: Pick<NotificationConfig, 'plainHttp' | 'networks'>): string {
  const url = text.length <= longestUrl && URL.canParse(text) ? new URL(text) : undefined;
  const wanted = config.plainHttp ? /^https?:$/ : /^https:$/;
  if (!url || !wanted.test(url.protocol))
    throw new ValidationError(
      `'url' must be an address that begins with https:// and has at most ${longestUrl} characters`,
      'url',
    );
  if (url.username !== '' || url.password !== '')
    throw new ValidationError("'url' must not contain a user name or a password", 'url');
  try {
    new ReceiverAddresses(config.networks).checkLiteral(url.hostname);
  } catch (error) {
    if (error instanceof RefusedAddressError) throw new ValidationError(`'url': ${error.message}`, 'url');
    throw error;
  }
  url.hash = '';
  return url.href;
}

/** An address without what makes it secret. */
export const maskedUrl = (text: string): string => `${new URL(text).origin}/…`;
