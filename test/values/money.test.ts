import * as fc from 'fast-check';
import { Big } from 'big.js';
import { describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal, amountProblem } from '../../src/values/money.ts';

function decimal(text: string) {
  const value = parseDecimal(text);
  if (!value) throw new Error(`${text} is not a decimal`);
  return value;
}

const format = (text: string) => formatDecimal(decimal(text));

describe('a decimal', () => {
  it.each([
    ['0', '0'],
    ['12.50', '12.5'],
    ['007.10', '7.1'],
    ['-3.25', '-3.25'],
    ['0.0000000001', '0.0000000001'],
    ['1000000000000000000000.5', '1000000000000000000000.5'],
    [`0.${'0'.repeat(39)}1`, `0.${'0'.repeat(39)}1`],
  ])('%s is written as %s', (text, plain) => {
    expect(format(text)).toBe(plain);
  });

  it('has one zero', () => {
    expect(['-0', '-0.00', '0.000'].map(format)).toEqual(['0', '0', '0']);
  });

  it.each([
    '',
    ' 1',
    '1 ',
    '1e3',
    '1E-7',
    '.5',
    '5.',
    '+1',
    '--1',
    '1,5',
    '1_000',
    '0x10',
    'NaN',
    'Infinity',
    '١',
    '1\n',
  ])('%j is none', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  it('keeps every digit there and back', () => {
    const digits = fc.stringMatching(/^\d{1,40}$/);
    fc.assert(
      fc.property(digits, digits, (whole, fraction) => {
        const expected = `${BigInt(whole)}.${fraction}`.replace(/\.?0+$/, (zeros) =>
          zeros.startsWith('.') ? '' : zeros.replace(/0+$/, ''),
        );
        expect(format(`${whole}.${fraction}`)).toBe(expected);
      }),
    );
  });

  it('adds up without a rest', () => {
    let sum = new Big(0);
    for (let call = 0; call < 10_000; call++) sum = sum.plus(decimal('0.0000000001'));
    expect(formatDecimal(sum)).toBe('0.000001');
    expect(formatDecimal(decimal('0.0000000001').times(1_000_000))).toBe('0.0001');
  });
});

describe('an amount of USD', () => {
  it.each(['0', '0.000000000000000001', '999999999999.999999999999999999'])('may be %s', (text) => {
    expect(amountProblem(decimal(text))).toBeUndefined();
  });

  it.each([
    ['-0.01', 'must not be negative'],
    ['1000000000000', 'must be below 10^12'],
    ['0.0000000000000000001', 'must have at most 18 decimals'],
  ])('may not be %s', (text, problem) => {
    expect(amountProblem(decimal(text))).toBe(problem);
  });
});
