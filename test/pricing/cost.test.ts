import { Big } from 'big.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal } from '../../src/values/money.ts';
import { costOf } from '../../src/pricing/cost.ts';
import { isUnpriced, type Rate } from '../../src/pricing/price.ts';
import { maxTokensPerCall, readTokens, type TokenCounts } from '../../src/pricing/token-counts.ts';

/** A rate in units of 10^-12 USD per million tokens. */
const units = fc.bigInt({ min: 0n, max: 10n ** 18n });
const scale = 10n ** 12n;

const tieredUnits = fc.record({
  base: units,
  tiers: fc.uniqueArray(fc.record({ above: fc.nat(2_000_000), units }), {
    selector: ({ above }) => above,
    maxLength: 3,
  }),
});
type TieredUnits = typeof tieredUnits extends fc.Arbitrary<infer T> ? T : never;

const anyRates = fc.record({
  input: tieredUnits,
  output: tieredUnits,
  cachedInput: fc.option(tieredUnits, { nil: undefined }),
  cacheWrite: fc.option(tieredUnits, { nil: undefined }),
  reasoning: fc.option(tieredUnits, { nil: undefined }),
  perCall: fc.option(units, { nil: undefined }),
});

const anyTokens = fc
  .tuple(...Array.from({ length: 5 }, () => fc.nat(3_000_000)))
  .map(([plain = 0, cached = 0, written = 0, answer = 0, reasoning = 0]): TokenCounts => ({
    inputTokens: plain + cached + written,
    outputTokens: answer + reasoning,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
    cacheWrite1hTokens: 0,
    reasoningTokens: reasoning,
  }));

const decimal = (value: bigint) => new Big(value.toString()).div(new Big(scale.toString()));
const toRate = ({ base, tiers }: TieredUnits): Rate => ({
  base: decimal(base),
  tiers: tiers.map((tier) => ({ above: tier.above, usd: decimal(tier.units) })).toSorted((a, b) => a.above - b.above),
  per: 1_000_000,
});

/** In units of 10^-18 USD: whole numbers, a class at a time, a tier at a time. */
function slowCost(tokens: TokenCounts, rates: typeof anyRates extends fc.Arbitrary<infer T> ? T : never): bigint {
  const unitsOf = (rate: TieredUnits) => {
    let best: { above: number; units: bigint } | undefined;
    for (const tier of rate.tiers)
      if (tokens.inputTokens > tier.above && (!best || tier.above > best.above)) best = tier;
    return best ? best.units : rate.base;
  };
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = tokens;
  const classes: [number, TieredUnits][] = [
    [inputTokens - cachedInputTokens - cacheWriteTokens, rates.input],
    [cachedInputTokens, rates.cachedInput ?? rates.input],
    [cacheWriteTokens, rates.cacheWrite ?? rates.input],
    [outputTokens - reasoningTokens, rates.output],
    [reasoningTokens, rates.reasoning ?? rates.output],
  ];
  let sum = (rates.perCall ?? 0n) * 1_000_000n;
  for (const [count, rate] of classes) sum += BigInt(count) * unitsOf(rate);
  return sum;
}

const names = {
  input: 'input_tokens',
  output: 'output_tokens',
  cachedInput: 'cache_read_tokens',
  cacheWrite: 'cache_write_tokens',
  reasoning: 'output_reasoning_tokens',
  perCall: 'requests',
} as const;
type TestRates = { [Name in keyof typeof names]?: Rate | undefined };
const flat = (usd: string, per = 1_000_000): Rate => ({ base: new Big(usd), tiers: [], per });
/** With every class of tokens: without a rate of their own they take that of their direction. */
const ratesOf = ({ input, output, ...more }: TestRates) => {
  const all: TestRates = { input, output, cachedInput: input, cacheWrite: input, ...more };
  return new Map(
    Object.entries(all).flatMap(([name, rate]) => (rate ? [[names[name as keyof typeof names], rate]] : [])),
  );
};
const tokens = (counts: Partial<TokenCounts>) => readTokens({ inputTokens: 0, outputTokens: 0, ...counts });
const usd = (counts: Partial<TokenCounts>, rates: TestRates) => {
  const cost = costOf(tokens(counts), { rates: ratesOf(rates) });
  return isUnpriced(cost) ? undefined : formatDecimal(cost.costUsd);
};

describe('the cost of a call', () => {
  it('is what whole numbers give, for any rates, tiers and tokens', () => {
    fc.assert(
      fc.property(anyTokens, anyRates, (counts, rates) => {
        const all = ratesOf({
          input: toRate(rates.input),
          output: toRate(rates.output),
          ...(rates.cachedInput && { cachedInput: toRate(rates.cachedInput) }),
          ...(rates.cacheWrite && { cacheWrite: toRate(rates.cacheWrite) }),
          ...(rates.reasoning && { reasoning: toRate(rates.reasoning) }),
          ...(rates.perCall !== undefined && { perCall: { base: decimal(rates.perCall), tiers: [], per: 1 } }),
        });
        const cost = costOf(counts, { rates: all });
        const exact = new Big(slowCost(counts, rates).toString()).times('0.000000000000000001');
        if (isUnpriced(cost)) throw new Error(cost.unpricedReason);
        expect(cost.costUsd.eq(exact)).toBe(true);
        // A unit of text changes nothing, except that the call has one.
        expect(costOf({ ...counts, units: { input_text_tokens: 1 } }, { rates: all })).toEqual(cost);
        const sum = Object.values(cost.parts).reduce((parts, part) => parts.plus(part));
        expect(sum.eq(exact)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes each class of tokens at its own rate', () => {
    const counts = {
      inputTokens: 1000,
      cachedInputTokens: 600,
      cacheWriteTokens: 100,
      outputTokens: 500,
      reasoningTokens: 200,
    };
    const rates = { input: flat('3'), output: flat('15') };
    expect(usd(counts, rates)).toBe('0.0105');
    expect(usd(counts, { ...rates, cachedInput: flat('0.3'), cacheWrite: flat('3.75') })).toBe('0.008955');
    expect(usd(counts, { ...rates, reasoning: flat('0') })).toBe('0.0075');
  });

  it('changes tier behind the bound, for all tokens of the call', () => {
    const rates = {
      input: { base: new Big('1.25'), tiers: [{ above: 200_000, usd: new Big('2.5') }], per: 1_000_000 },
      output: { base: new Big('10'), tiers: [{ above: 200_000, usd: new Big('15') }], per: 1_000_000 },
    };
    expect(usd({ inputTokens: 200_000, outputTokens: 1000 }, rates)).toBe('0.26');
    expect(usd({ inputTokens: 200_001, outputTokens: 1000 }, rates)).toBe('0.5150025');
  });

  it('is unknown, not zero, where the price says nothing about tokens that were used', () => {
    expect(usd({ inputTokens: 10, outputTokens: 1 }, { input: flat('0.02') })).toBeUndefined();
    expect(usd({ inputTokens: 10 }, { input: flat('0.02') })).toBe('0.0000002');
    expect(usd({ outputTokens: 1 }, { perCall: flat('0.01', 1) })).toBeUndefined();
  });

  it('has what is taken for the call itself', () => {
    expect(usd({ inputTokens: 1_000_000 }, { input: flat('1'), perCall: flat('5', 1000) })).toBe('1.005');
  });

  it('is exact for the largest call', () => {
    expect(usd({ inputTokens: maxTokensPerCall }, { input: flat('999999999999.999999999999') })).toBe(
      '999999999999999.999999999',
    );
  });

  it('comes in parts that add up to it', () => {
    const cost = costOf(
      {
        ...tokens({ inputTokens: 1000, cachedInputTokens: 600, cacheWriteTokens: 100, outputTokens: 10 }),
        units: { searches: '2' },
      },
      {
        rates: new Map([
          ...ratesOf({ input: flat('3'), output: flat('15'), cachedInput: flat('0.3'), cacheWrite: flat('3.75') }),
          ['searches', flat('10', 1000)],
        ]),
      },
    );
    expect(JSON.parse(JSON.stringify(cost))).toEqual({
      costUsd: '0.021605',
      parts: {
        inputUsd: '0.0009',
        cachedInputUsd: '0.00018',
        cacheWriteUsd: '0.000375',
        outputUsd: '0.00015',
        unitsUsd: '0.02',
      },
      cacheSavingsUsd: '0.001545',
    });
  });

  it('rounds each part half-even to 24 decimals, where a rate does not end before', () => {
    const searches = (usd: string, quantity: string) => {
      const cost = costOf(
        { ...tokens({}), units: { hours: quantity } },
        { rates: new Map([['hours', flat(usd, 3600)]]) },
      );
      return isUnpriced(cost) ? cost.unpricedReason : formatDecimal(cost.costUsd);
    };
    expect(searches('0.111', '1')).toBe('0.000030833333333333333333');
    expect(searches('0.111', '3600')).toBe('0.111');
    // Exactly between two: to the even one.
    expect(searches('0.0000000000000000000018', '1')).toBe('0');
    expect(searches('0.0000000000000000000054', '1')).toBe('0.000000000000000000000002');
    expect(searches('0.00000000000000000000180001', '1')).toBe('0.000000000000000000000001');
  });
});
