import { describe, expect, it } from 'vitest';
import { asTyped, linesAsTyped } from '../../src/cli/as-typed.ts';
import { ForbiddenError, NotFoundError, ValidationError } from '../../src/values/errors.ts';

describe('an error on the command line', () => {
  it.each([
    [new ValidationError("'tenantId' is required.", 'tenantId'), '--tenant is required.'],
    [new ValidationError("'tenant' must not be empty", 'tenant'), '--tenant must not be empty'],
    [new ValidationError("'graceSeconds' must be from 0 to 9", 'graceSeconds'), '--grace must be from 0 to 9'],
    [
      new ValidationError("'to' must be strictly greater than 'from'", 'to'),
      '--to must be strictly greater than --from',
    ],
    [
      new ValidationError('Give the key either a role or scopes.', 'role'),
      '--role: Give the key either a role or scopes.',
    ],
    [new ValidationError("'id' must not be empty", 'id'), '<id> must not be empty'],
  ])('names the option that was typed: %s', (error, message) => {
    expect(asTyped(error)).toBe(message);
  });

  it.each([
    [new NotFoundError("There is no tenant 'to'.", 'tenant'), "There is no tenant 'to'."],
    [new ValidationError("The tenant 'name' exists already.", 'id'), "The tenant 'name' exists already."],
    [new ForbiddenError('No.'), 'No.'],
    [new ValidationError("'model' must not be empty", 'model'), "'model' must not be empty"],
  ])('stays as it is where it names a value, or no option: %s', (error, message) => {
    expect(asTyped(error)).toBe(message);
  });

  it('names an option once where its line begins with it', () => {
    const lines = [
      "--tenant: 'tenant' must not be empty",
      "--to: 'to' must be strictly greater than 'from'",
      "--filter: 'model' is not of the form field=value",
      "--map: there is no field 'name'",
    ];
    expect(linesAsTyped(lines.join('\n')).split('\n')).toEqual([
      '--tenant must not be empty',
      '--to must be strictly greater than --from',
      "--filter: 'model' is not of the form field=value",
      "--map: there is no field 'name'",
    ]);
  });
});
