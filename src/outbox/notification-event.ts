/** What tenants can be told of. */
export const notificationEvents = [
  'BUDGET_THRESHOLD',
  'SPEND_SPIKE',
  'BUDGET_RESET',
  'KEY_EXPIRING',
  'KEY_REVOKED',
  'UNPRICED_CALLS',
  'RATE_LIMITED',
] as const;

export type NotificationEvent = (typeof notificationEvents)[number];
