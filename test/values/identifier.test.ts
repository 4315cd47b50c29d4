import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../src/values/errors.ts';
import { identifier, identifierProblem, maxIdentifierLength } from '../../src/values/identifier.ts';
import { anyText } from '../support/any-text.ts';

describe('an identifier', () => {
  it.each(['a', 'tenant-1', ' ', 'Zürich/😀', "'; drop table tenant; --", '%', '__proto__', '\u{10ffff}'])(
    'may be %j',
    (value) => {
      expect(identifierProblem(value)).toBeUndefined();
    },
  );

  it('counts characters, not UTF-16 units', () => {
    expect(identifierProblem('x'.repeat(maxIdentifierLength))).toBeUndefined();
    expect(identifierProblem('😀'.repeat(maxIdentifierLength))).toBeUndefined();
    expect(identifierProblem('x'.repeat(maxIdentifierLength + 1))).toBe('must have at most 200 characters');
    expect(identifierProblem('😀'.repeat(maxIdentifierLength + 1))).toBe('must have at most 200 characters');
  });

  it('is not empty', () => {
    expect(identifierProblem('')).toBe('must not be empty');
  });

  it.each(['\0', 'a\nb', '\t', '\u007f', '\u0085', '\u009f'])('has no control characters like %j', (value) => {
    expect(identifierProblem(value)).toBe('must not contain control characters');
  });

  it.each(['\ud800', 'a\udfff', '\udc00\ud800'])('has no lone surrogates like %j', (value) => {
    expect(identifierProblem(value)).toBe('must not contain lone surrogates');
  });

  it('is refused with the name of its field', () => {
    expect(() => identifier('', 'agentId')).toThrow(ValidationError);
    expect(() => identifier('', 'agentId')).toThrow("'agentId' must not be empty");
  });

  it('survives UTF-8 when it is accepted', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        expect(identifierProblem(value) !== undefined || Buffer.from(value).toString() === value).toBe(true);
      }),
    );
  });
});
