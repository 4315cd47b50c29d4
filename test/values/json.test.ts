import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/values/json.ts';
import { runs } from '../reporting/property-options.ts';

describe('JSON', () => {
  it.each([
    [String.raw`{"one":1,"\\":1}`, String.raw`{"one":2,"\"":2}`, { one: 2, '"': 2 }],
    [String.raw`{"two":1,"\\":1}`, String.raw`{"two":2,"\n":2}`, { two: 2, '\n': 2 }],
    [String.raw`{"three":1,"\\":1}`, String.raw`[{ "three" : 2, "\u0041" : 2 }]`, [{ three: 2, A: 2 }]],
    [String.raw`{"four":1,"C:\\\\":1}`, String.raw`{"four":2,"C:\\b":2}`, { four: 2, 'C:\\b': 2 }],
  ])('behind %s reads %s as it is', (before, json, value) => {
    // Kept, as what V8 remembers of it may go with it.
    const kept = parseJson(before);
    expect([kept, parseJson(json)]).toEqual([expect.anything(), value]);
  });

  it('has any keys', () => {
    const key = fc.oneof(
      fc.string({ unit: fc.constantFrom('\\', '"', '%', '2', '5', '\n', '/', '\u0000', '\ud800', '😀'), maxLength: 4 }),
      fc.constantFrom('__proto__', 'constructor', '1', ''),
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 0 }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom('', ' \n'), (value, indent) => {
        const json = JSON.stringify(value, null, indent);
        expect(JSON.stringify(parseJson(json), null, indent)).toBe(json);
      }),
      runs(1000),
    );
  });

  it('has the last value of a key, however that is written', () => {
    expect(parseJson(String.raw`{"\u0031":1,"1":2,"\n":3,"\u000a":4,"\"":5,"%22":6}`)).toEqual({
      '1': 2,
      '\n': 4,
      '"': 5,
      '%22': 6,
    });
  });

  it('may nest deeply', () => {
    const depth = 100_000;
    expect(parseJson(`{"\\n":${'['.repeat(depth)}${']'.repeat(depth)}}`)).toHaveProperty('\n');
  });

  it.each(['', '{"\\n":1', '{"\\x":1}', '{"\\": 1}', '{"a\nb":1}', '"\\'])('is not %j', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});
