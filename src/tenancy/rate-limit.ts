import type { OwnRateLimit } from '../caller/principal.ts';
import { rateLimitBounds } from '../settings/rate-limits.ts';
import { ValidationError } from '../values/errors.ts';

const { least, most } = rateLimitBounds;

/** "0.01 to 1,000,000" */
export const boundsInWords = `${least} to ${most.toLocaleString('en')}`;

/** A rate limit as it is given; a number that is left out stays as it is, and null stands for the setting. */
export type RateLimitChange = { readonly [Field in keyof OwnRateLimit]?: number | null | undefined };

/** @throws {ValidationError} on a number that is not within the bounds of a limit. */
export function checkRateLimit(change: RateLimitChange): void {
  for (const field of ['callsPerSecond', 'requestsPerSecond'] as const) {
    const value = change[field] ?? least;
    if (!(value >= least && value <= most))
      throw new ValidationError(`'${field}' must be from ${boundsInWords}`, field);
  }
}
