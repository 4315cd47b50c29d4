import { ValidationError } from './errors.ts';
import { identifierProblem } from './identifier.ts';
import { nameProblem, readNamed } from './names.ts';

/** Values by the names of tags: {"team": "search"}. */
export type Tags = Readonly<Record<string, string>>;

/** Tags as given, null for none. A number or a boolean is taken as its text. @throws {ValidationError} naming the field. */
export const readTags = (given: Readonly<Record<string, unknown>>, field: string): Tags | null =>
  readNamed(given, field, (value, name) => {
    if (value === null || value === undefined) return undefined;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (typeof value !== 'string')
      throw new ValidationError(`'${field}': the value of '${name}' must be a string`, field);
    const problem = identifierProblem(value);
    if (problem) throw new ValidationError(`'${field}': the value of '${name}' ${problem}`, field);
    return value;
  });

/** The name of a tag itself. @throws {ValidationError} naming the field. */
export function tagName(name: string, field: string): string {
  const problem = nameProblem(name);
  if (problem) throw new ValidationError(`'${field}': the name of a tag ${problem}`, field);
  return name;
}
