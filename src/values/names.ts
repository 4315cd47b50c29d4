import { ValidationError } from './errors.ts';

/** Most entries that a JSON object of names may have: tags of a call, or its units. */
export const maxEntries = 16;

const name = /^[a-z0-9_.-]{1,64}$/;

/** What is wrong with the name of a tag or a unit, if anything. */
export const nameProblem = (text: string): string | undefined =>
  name.test(text) ? undefined : 'must be 1 to 64 of the characters a-z, 0-9, "_", "." and "-"';

/**
 * A JSON object of names as given, in the order of its names, each value as `read` returns it; null without any. A value
 * that is undefined is left out.
 * @throws {ValidationError} naming the field.
 */
export function readNamed(
  given: Readonly<Record<string, unknown>>,
  field: string,
  read: (value: unknown, name: string) => string | undefined,
): Readonly<Record<string, string>> | null {
  const names: string[] = [];
  // Before anything else is done with it: one object may be as large as a body, and shared by all calls of a batch.
  for (const name in given)
    if (names.push(name) > maxEntries)
      throw new ValidationError(`'${field}' must have at most ${maxEntries} entries`, field);
  const entries: [string, string][] = [];
  for (const name of names.toSorted()) {
    const problem = nameProblem(name);
    if (problem) throw new ValidationError(`'${field}' has a name that ${problem}`, field);
    const value = read(given[name], name);
    if (value !== undefined) entries.push([name, value]);
  }
  return entries.length === 0 ? null : Object.fromEntries(entries);
}
