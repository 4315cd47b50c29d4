import type { NotificationDelivery } from '../outbox/notification-delivery.entity.ts';
import type { NotificationEvent } from '../outbox/notification-event.ts';
import type { Message } from './post.ts';

type Data = NotificationDelivery['data'];

/** Text as Slack takes it, in which three characters have a meaning. */
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const text = (data: Data, field: string): string => {
  const value = data[field];
  return value === null || value === undefined ? '' : escaped(String(value));
};

/** A budget by its name, and the value of it that is meant. */
const budget = (data: Data): string =>
  data['value'] === null || data['value'] === undefined
    ? `The budget *${text(data, 'name')}*`
    : `The budget *${text(data, 'name')}* of ${text(data, 'value')}`;

const unit = (data: Data): string =>
  data['metric'] === 'COST_USD' ? 'USD' : data['metric'] === 'CALLS' ? 'calls' : 'tokens';

const sentences: Record<NotificationEvent, (data: Data) => string> = {
  BUDGET_THRESHOLD: (data) =>
    `${budget(data)} has reached ${Math.round(Number(data['threshold']) * 1000) / 10} %: ${text(data, 'spent')} of ${text(data, 'limit')} ${unit(data)}.`,
  SPEND_SPIKE: (data) =>
    `${budget(data)} has a spike: ${text(data, 'spent')} ${unit(data)} in an hour, where ${text(data, 'usual')} is usual.`,
  BUDGET_RESET: (data) => `${budget(data)} begins a new period, with a limit of ${text(data, 'limit')} ${unit(data)}.`,
  KEY_EXPIRING: (data) =>
    `The API key *${text(data, 'name')}* (${text(data, 'keyId')}) expires at ${text(data, 'expiresAt')}.`,
  KEY_REVOKED: (data) =>
    `The API key *${text(data, 'name')}* (${text(data, 'keyId')}) was revoked by ${text(data, 'revokedBy')}.`,
  UNPRICED_CALLS: (data) =>
    `Calls of *${text(data, 'model')}* (${text(data, 'provider')}) have no price: ${text(data, 'reason')}`,
  RATE_LIMITED: (data) => `Calls of ${text(data, 'caller')} were refused: ${text(data, 'reason')}`,
};

/** A delivery as an incoming webhook of Slack, and of those who take the same, has it. */
export const slackMessage = ({
  event,
  test,
  data,
}: Pick<NotificationDelivery, 'event' | 'test' | 'data'>): Message => ({
  headers: { 'content-type': 'application/json', 'user-agent': 'usage-gateway' },
  body: JSON.stringify({ text: test ? text(data, 'message') : sentences[event](data) }),
});
