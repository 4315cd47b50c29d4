import { ValidationError } from './errors.ts';

/**
 * A scalar's text that could not be read. Scalars pass it on instead of failing the whole document, so that the error can
 * name the argument and one invalid call does not reject a whole batch.
 */
export class Unreadable {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

/**
 * The value that was read; undefined when it was left out or null.
 * @throws {ValidationError} that names the field: `'from' must be timezone-aware`.
 */
export function readable<T>(value: T | Unreadable | null | undefined, field: string): T | undefined {
  return value === null || value === undefined ? undefined : readRequired(value, field);
}

/** The value of a required field. @throws {ValidationError} */
export function readRequired<T>(value: T | Unreadable, field: string): T {
  if (value instanceof Unreadable) throw new ValidationError(`'${field}' ${value.problem}`, field);
  return value;
}
