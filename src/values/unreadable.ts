import { ValidationError } from './errors.ts';

/**
 * A scalar's text that could not be read. Scalars hand it on instead of failing the whole document, so that the error
 * can name the argument, and one bad call of a batch holds back none of the others.
 */
export class Unreadable {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

/**
 * The value that was read, null counting as left out.
 * @throws {ValidationError} that names the field: `'from' must be timezone-aware`.
 */
export function readable<T>(value: T | Unreadable | null | undefined, field: string): T | undefined {
  return value === null || value === undefined ? undefined : readRequired(value, field);
}

/** The value that was read of a field that GraphQL has made sure is there. @throws {ValidationError} */
export function readRequired<T>(value: T | Unreadable, field: string): T {
  if (value instanceof Unreadable) throw new ValidationError(`'${field}' ${value.problem}`, field);
  return value;
}
