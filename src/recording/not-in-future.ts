import { ValidationError } from '../values/errors.ts';

const maxFutureMs = 5 * 60_000;

/** Tolerates that clocks differ a little. @throws {ValidationError} for an instant more than 5 minutes ahead. */
export function checkNotInFuture(at: Date, field: string, now: Date): void {
  if (at.getTime() - now.getTime() > maxFutureMs)
    throw new ValidationError(`'${field}' must not be more than 5 minutes in the future`, field);
}
