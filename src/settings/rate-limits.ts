import { z } from 'zod';

/** Calls and requests a second that pass in the long run; undefined for any number. */
export interface RateLimit {
  callsPerSecond: number | undefined;
  requestsPerSecond: number | undefined;
}

/** Limits that each gateway keeps for itself, for keys and tenants that have none of their own. Superusers have none. */
export interface RateLimitConfig {
  /** Of each API key or signed-in user. */
  key: RateLimit;
  /** Of each tenant, by all its keys and users together. */
  tenant: RateLimit;
  /** Requests without a credential, of all clients together. */
  anonymousRequestsPerSecond: number | undefined;
  /** Credentials that are not valid, of each network. */
  failedSignInsPerSecond: number | undefined;
}

/** What a limit may be, a second. */
export const rateLimitBounds = { least: 0.01, most: 1_000_000 };

const { least, most } = rateLimitBounds;
const problem = `must be a number from ${least} to ${most}, or "unlimited"`;

const perSecond = (standard: number) =>
  z
    .string()
    .regex(/^(unlimited|\d+(\.\d+)?)$/, problem)
    // Not undefined, for which the default would be taken.
    .transform((text) => (text === 'unlimited' ? Infinity : Number(text)))
    .refine((value) => value === Infinity || (value >= least && value <= most), problem)
    .default(standard);

export const rateLimitSettings = {
  RATE_LIMIT_KEY_CALLS: perSecond(5000).describe(
    'Calls a second that an API key without a limit of its own, or a user, may record, or "unlimited".',
  ),
  RATE_LIMIT_KEY_REQUESTS: perSecond(1000).describe(
    'Requests a second that an API key without a limit of its own, or a user, may send, or "unlimited".',
  ),
  RATE_LIMIT_TENANT_CALLS: perSecond(10_000).describe(
    'Calls a second that a tenant without a limit of its own may record, or "unlimited".',
  ),
  RATE_LIMIT_TENANT_REQUESTS: perSecond(2000).describe(
    'Requests a second that a tenant without a limit of its own may send, or "unlimited".',
  ),
  RATE_LIMIT_ANONYMOUS_REQUESTS: perSecond(100).describe(
    'Requests a second without a credential, of all clients together, or "unlimited".',
  ),
  RATE_LIMIT_FAILED_SIGN_INS: perSecond(10).describe(
    'Credentials a second that may fail from one address, or one /64 network of IPv6, with a burst of a minute, or "unlimited". Beyond it only credentials that were valid within the last day are looked up, and `SUPERUSER_KEY`.',
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
  failedSignInsPerSecond: orUnlimited(settings.RATE_LIMIT_FAILED_SIGN_INS),
});
