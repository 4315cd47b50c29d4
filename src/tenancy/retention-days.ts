import { retentionBounds } from '../settings/retention-bounds.ts';
import { ValidationError } from '../values/errors.ts';

const { least, most } = retentionBounds;

/** "1 to 36,500" */
export const retentionInWords = `${least} to ${most.toLocaleString('en')}`;

/** @throws {ValidationError} on a number of days that calls cannot be kept for. */
export function checkRetentionDays(days: number | null | undefined): void {
  if (typeof days === 'number' && !(days >= least && days <= most))
    throw new ValidationError(`'retentionDays' must be from ${retentionInWords}, or null`, 'retentionDays');
}
