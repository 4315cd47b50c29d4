import { z } from 'zod';

/** Calls and requests a second that pass in the long run; undefined for any number. */
export interface RateLimit {
  callsPerSecond: number | undefined;
  requestsPerSecond: number | undefined;
}

/** Limits that each gateway keeps for itself. Superusers have none. */
export interface RateLimitConfig {
  /** Of each API key or signed-in user. */
  key: RateLimit;
  /** Of each tenant, by all its keys and users together. */
  tenant: RateLimit;
  /** Requests without a credential, of all clients together. */
  anonymousRequestsPerSecond: number | undefined;
}

const most = 1_000_000;
const problem = `must be a number from 0.01 to ${most}, or "unlimited"`;

const perSecond = (standard: number) =>
  z
    .string()
    .regex(/^(unlimited|\d+(\.\d+)?)$/, problem)
    // Not undefined, for which the default would be taken.
    .transform((text) => (text === 'unlimited' ? Infinity : Number(text)))
    .refine((value) => value === Infinity || (value >= 0.01 && value <= most), problem)
    .default(standard);

export const rateLimitSettings = {
  RATE_LIMIT_KEY_CALLS: perSecond(5000).describe('Calls a second that an API key or user may record, or "unlimited".'),
  RATE_LIMIT_KEY_REQUESTS: perSecond(1000).describe(
    'Requests a second that an API key or user may send, or "unlimited".',
  ),
  RATE_LIMIT_TENANT_CALLS: perSecond(10_000).describe('Calls a second that a tenant may record, or "unlimited".'),
  RATE_LIMIT_TENANT_REQUESTS: perSecond(2000).describe('Requests a second that a tenant may send, or "unlimited".'),
  RATE_LIMIT_ANONYMOUS_REQUESTS: perSecond(100).describe(
    'Requests a second without a credential, of all clients together, or "unlimited".',
  ),
};

const orUnlimited = (perSecond: number): number | undefined => (perSecond === Infinity ? undefined : perSecond);

export const rateLimitConfig = (
  settings: Readonly<z.infer<z.ZodObject<typeof rateLimitSettings>>>,
): RateLimitConfig => ({
  key: {
    callsPerSecond: orUnlimited(settings.RATE_LIMIT_KEY_CALLS),
    requestsPerSecond: orUnlimited(settings.RATE_LIMIT_KEY_REQUESTS),
  },
  tenant: {
    callsPerSecond: orUnlimited(settings.RATE_LIMIT_TENANT_CALLS),
    requestsPerSecond: orUnlimited(settings.RATE_LIMIT_TENANT_REQUESTS),
  },
  anonymousRequestsPerSecond: orUnlimited(settings.RATE_LIMIT_ANONYMOUS_REQUESTS),
});
