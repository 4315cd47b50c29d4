import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../src/values/errors.ts';
import { readTags } from '../../src/values/tags.ts';
import { readUnits } from '../../src/values/units.ts';

const problemOf = (read: () => unknown) => {
  try {
    return read();
  } catch (error) {
    if (error instanceof ValidationError) return error.message;
    throw error;
  }
};

const many = Object.fromEntries(Array.from({ length: 17 }, (_, no) => [`n${no}`, '1']));

describe('tags', () => {
  it.each<[Record<string, unknown>, unknown]>([
    [
      { team: 'search', env: 'production' },
      { env: 'production', team: 'search' },
    ],
    [{}, null],
    [{ team: null }, null],
    [
      { release: 42, beta: true },
      { beta: 'true', release: '42' },
    ],
    [
      { constructor: 'x', __proto__x: 'y' },
      { __proto__x: 'y', constructor: 'x' },
    ],
    [{ Team: 'a' }, `'tags' has a name that must be 1 to 64 of the characters a-z, 0-9, "_", "." and "-"`],
    [{ ['x'.repeat(65)]: 'a' }, `'tags' has a name that must be 1 to 64 of the characters a-z, 0-9, "_", "." and "-"`],
    [{ team: '' }, `'tags': the value of 'team' must not be empty`],
    [{ team: 'x'.repeat(201) }, `'tags': the value of 'team' must have at most 200 characters`],
    [{ team: 'a\u0000' }, `'tags': the value of 'team' must not contain control characters`],
    [{ team: ['a'] }, `'tags': the value of 'team' must be a string`],
    [many, `'tags' must have at most 16 entries`],
  ])('of %j are %j', (given, expected) => {
    expect(problemOf(() => readTags(given, 'tags'))).toEqual(expected);
  });
});

describe('units', () => {
  it.each<[Record<string, unknown>, unknown]>([
    [
      { web_searches: 2, audio_seconds: '12.50' },
      { audio_seconds: '12.5', web_searches: '2' },
    ],
    [
      { a: 0.1, b: 8e-6, c: '1e3', d: '8E-06' },
      { a: '0.1', b: '0.000008', c: '1000', d: '0.000008' },
    ],
    [
      { a: 0, b: '0.0' },
      { a: '0', b: '0' },
    ],
    [{ a: '1000000000000' }, `'units': the quantity of 'a' must be below 10^12`],
    [{ a: '0.0000000000001' }, `'units': the quantity of 'a' must have at most 12 decimals`],
    [{ a: -1 }, `'units': the quantity of 'a' must not be negative`],
    [{ a: 'many' }, `'units': the quantity of 'a' must be a decimal, like "12.5"`],
    [{ a: true }, `'units': the quantity of 'a' must be a decimal, like "12.5"`],
    [{ a: 2 ** 53 }, `'units': the quantity of 'a' must be a string where it is larger than 2^53-1`],
    [many, `'units' must have at most 16 entries`],
  ])('of %j are %j', (given, expected) => {
    expect(problemOf(() => readUnits(given, 'units'))).toEqual(expected);
  });
});
