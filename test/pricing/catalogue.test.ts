import { readFileSync } from 'node:fs';
import type { ConditionalPrice, ModelPrice, Provider } from '@pydantic/genai-prices';
import { describe, expect, it, vi } from 'vitest';
import { formatDecimal } from '../../src/values/money.ts';
import { bundledCatalogue } from '../../src/pricing/catalogue/bundled-catalogue.ts';
import { Catalogue } from '../../src/pricing/catalogue/catalogue.ts';
import { bundledData, uncorrected } from '../../src/pricing/catalogue/catalogue-data.ts';
import { corrections } from '../../src/pricing/catalogue/corrections.ts';
import { tierBounds } from '../../src/pricing/catalogue/provider-rules.ts';
import { unitOfRate } from '../../src/pricing/catalogue/to-rates.ts';
import { costOf } from '../../src/pricing/cost.ts';
import { modelNames } from '../../src/pricing/model-names.ts';
import { isUnpriced } from '../../src/pricing/price.ts';
import { fieldUnits, isFieldUnit } from '../../src/pricing/unit-kinds.ts';
import { costOfCall, type CatalogueCall } from '../support/priced-call.ts';

const find = (provider: string, model: string, at = '2025-09-01T12:00:00Z') => {
  const price = bundledCatalogue.price(modelNames(provider, model).catalogue, new Date(at));
  return isUnpriced(price) ? undefined : price;
};

function usd(provider: string, model: string, tokens: Partial<CatalogueCall>, at = '2025-09-01T12:00:00Z') {
  const cost = costOfCall({ provider, model, occurredAt: at, inputTokens: 0, outputTokens: 0, ...tokens });
  return isUnpriced(cost) ? undefined : formatDecimal(cost.costUsd);
}

const thousandEach = { inputTokens: 1000, outputTokens: 1000 };

describe('the catalogue', () => {
  it.each([
    ['openai', 'gpt-4o', '0.0125'],
    ['openai', 'gpt-4o-2024-05-13', '0.02'],
    ['Azure OpenAI', 'gpt-4o-2024-08-06', '0.0125'],
    ['bedrock', 'us.anthropic.claude-3-5-sonnet-20241022-v2:0', '0.018'],
    ['vertex_ai', 'claude-3-5-sonnet-v2@20241022', '0.018'],
    ['gemini', 'models/gemini-2.5-flash', '0.0028'],
    ['litellm', 'anthropic/claude-3-haiku-20240307', '0.0015'],
  ])('prices %s / %s', (provider, model, cost) => {
    expect(usd(provider, model, thousandEach)).toBe(cost);
  });

  it('takes cached tokens at their own rate', () => {
    expect(usd('openai', 'gpt-4o', { ...thousandEach, cachedInputTokens: 400 })).toBe('0.012');
  });

  it('takes the tier that the input of the call lies in', () => {
    const output = { outputTokens: 1000 };
    expect(usd('google', 'gemini-2.5-pro', { inputTokens: 200_000, ...output })).toBe('0.26');
    expect(usd('google', 'gemini-2.5-pro', { inputTokens: 200_001, ...output })).toBe('0.5150025');
    expect(usd('openai', 'gpt-5.4', { inputTokens: 272_001 })).toBe('1.360005');
    expect(usd('x-ai', 'grok-4.3', { inputTokens: 200_000 })).toBe('0.5');
  });

  it('takes the price of the day of the call', () => {
    expect(usd('openai', 'o3', thousandEach, '2025-06-09T23:59:59.999Z')).toBe('0.05');
    expect(usd('openai', 'o3', thousandEach, '2025-06-10T00:00:00Z')).toBe('0.01');
    expect(find('openai', 'o3', '2025-06-09T00:00:00Z')?.id).not.toBe(find('openai', 'o3')?.id);
  });

  it.each([
    ['nobody', 'gpt-4o'],
    ['my-openai-proxy', 'gpt-4o'],
    ['openai', 'no-such-model'],
    ['openai', 'unknown'],
    ['', ''],
    ['openai', '__proto__'],
  ])('has no price for %s / %s', (provider, model) => {
    expect(find(provider, model)).toBeUndefined();
  });

  it('names the package and its version in a price’s id, and what is ours', () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../node_modules/@pydantic/genai-prices/package.json', import.meta.url), 'utf8'),
    );
    expect(find('openai', 'gpt-4o')?.id).toBe(`genai-prices@${version}/openai/gpt-4o`);
    expect(find('openai', 'davinci-002')?.id).toBe(`genai-prices@${version}/openai/davinci-002;corrected`);
  });
});

describe('corrections of the catalogue', () => {
  it.each(corrections.map((correction) => [`${correction.provider} ${correction.model}`, correction] as const))(
    '%s is still wrong in the catalogue',
    (_name, { provider, model, was }) => {
      const entry = uncorrected(bundledData, modelNames(provider, model).catalogue);
      expect(entry?.prices).toEqual(was);
    },
  );

  it('of the bound of OpenAI’s long context are still needed', () => {
    const openai = bundledData.providers.find(({ id }) => id === tierBounds.provider);
    expect(JSON.stringify(openai?.models)).toContain(`"start":${tierBounds.was}`);
  });

  it('each have a source', () => {
    for (const { source } of corrections) expect(source.length).toBeGreaterThan(20);
  });
});

/** A fraction of whole numbers. */
type Fraction = readonly [bigint, bigint];

function toFraction(rate: number): Fraction {
  const [digits = '', exponent = '0'] = rate.toString().split('e');
  const [whole = '', decimals = ''] = digits.split('.');
  const scale = decimals.length - Number(exponent);
  const value = BigInt(whole + decimals);
  return scale >= 0 ? [value, 10n ** BigInt(scale)] : [value * 10n ** BigInt(-scale), 1n];
}

const plus = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * d + c * b, b * d];

/** Half-even, to 24 decimals. */
function rounded([numerator, denominator]: Fraction): string {
  const scaled = numerator * 10n ** 24n;
  let whole = scaled / denominator;
  const twice = (scaled % denominator) * 2n;
  if (twice > denominator || (twice === denominator && whole % 2n === 1n)) whole += 1n;
  const text = whole.toString().padStart(25, '0');
  return `${text.slice(0, -24)}.${text.slice(-24)}`.replace(/\.?0+$/, '') || '0';
}

/** Quantities that every rate of a price has a share of, each known by itself. */
const share = 7919;

describe('every price of the catalogue', () => {
  const perUnit: Record<string, bigint> = {
    mtok: 1_000_000n,
    kcount: 1000n,
    hours: 3600n,
    kpages: 1000n,
    mchars: 1_000_000n,
    gpixels: 1_000_000_000n,
  };

  /** Each rate times the tokens that are its alone: sums of whole numbers. */
  function expected(prices: ModelPrice, inputTokens: number): Fraction {
    let sum: Fraction = [0n, 1n];
    for (const [key, price] of Object.entries(prices)) {
      if (price === undefined) continue;
      const tiers = typeof price === 'number' ? [] : price.tiers;
      let rate = typeof price === 'number' ? price : price.base;
      for (const { start, price: dearer } of tiers.toSorted((a, b) => a.start - b.start))
        if (inputTokens > start) rate = dearer;
      const per = perUnit[key.slice(key.lastIndexOf('_') + 1)] ?? 0n;
      const [value, scale] = toFraction(rate);
      const quantity = key === 'requests_kcount' ? 1n : BigInt(share);
      sum = plus(sum, [value * quantity, scale * per]);
    }
    return sum;
  }

  /** A call of which each rate bills exactly one share. */
  function callOf(prices: ModelPrice) {
    const has = (key: string) => (prices[key] === undefined ? 0 : share);
    const keys = Object.keys(prices);
    const sum = (pattern: RegExp) => keys.filter((key) => pattern.test(key)).length * share;
    const units: Record<string, number> = {};
    for (const key of keys) {
      const unit = unitOfRate(key)?.unit ?? key;
      if (isFieldUnit(unit) || unit === 'requests') continue;
      const modality = /^input_(audio|image|video)_mtok$/.exec(key)?.[1];
      units[unit] = share + (modality ? has(`cache_${modality}_read_mtok`) : 0);
      if (key === 'audio_hours') units[unit] = share + has('input_audio_hours');
      if (key === 'input_document_kpages') units[unit] = share + has('input_annotated_document_kpages');
    }
    for (const key of keys.filter((key) => /^input_(audio|image|video)_mtok$/.test(key))) {
      const unit = `cache_${/^input_(\w+)_mtok$/.exec(key)?.[1]}_read_tokens`;
      // None of them were cached.
      if (prices['cache_read_mtok'] !== undefined) units[unit] ??= 0;
    }
    return {
      inputTokens: sum(/^(input_(\w+_)?mtok|cache_\w+_mtok)$/),
      outputTokens: sum(/^output_(\w+_)?mtok$/),
      cachedInputTokens: sum(/^cache_(\w+_)?read_mtok$/),
      cacheWriteTokens: sum(/^cache_write_(1h_)?mtok$/),
      cacheWrite1hTokens: has('cache_write_1h_mtok'),
      reasoningTokens: has('output_reasoning_mtok'),
      units,
    };
  }

  const bare = new Catalogue({ id: 'bare', providers: bundledData.providers });
  const variants = (prices: ConditionalPrice[] | ModelPrice) => (Array.isArray(prices) ? prices : [{ prices }]);
  const every = bundledData.providers.flatMap((provider: Provider) =>
    provider.models.flatMap((model) => variants(model.prices).map(({ prices }) => ({ provider, model, prices }))),
  );

  it('is worth what fractions of whole numbers give', () => {
    let priced = 0;
    for (const { provider, model, prices } of every) {
      if (Object.keys(prices).length === 0) continue;
      const alone = new Catalogue({
        id: 'alone',
        providers: [{ ...provider, id: 'someone', models: [{ ...model, prices }] }],
      });
      const name = { provider: 'someone', models: [model.id.toLowerCase()], region: undefined, isVertex: false };
      const price = alone.price(name, new Date());
      if (isUnpriced(price)) throw new Error(`${provider.id}/${model.id}: ${price.unpricedReason}`);
      const call = callOf(prices);
      for (const more of [0, 300_000]) {
        // Plain input that reaches the next tier; prices without it have no tiers.
        const extra = prices['input_mtok'] === undefined ? 0 : more;
        const inputTokens = call.inputTokens + extra;
        const cost = costOf({ ...call, inputTokens }, price);
        if (isUnpriced(cost)) throw new Error(`${provider.id}/${model.id}: ${cost.unpricedReason}`);
        const exact = plus(expected(prices, inputTokens), inputOf(prices, inputTokens, extra));
        const difference = cost.costUsd.minus(rounded(exact)).abs();
        // Each of five parts is rounded once.
        expect(difference.lte('0.000000000000000000000003'), `${provider.id}/${model.id}`).toBe(true);
        priced++;
      }
    }
    expect(priced).toBeGreaterThan(3000);
    expect(Object.keys(fieldUnits)).toHaveLength(6);
  });

  function inputOf(prices: ModelPrice, inputTokens: number, extra: number): Fraction {
    if (extra === 0) return [0n, 1n];
    const [value, scale] = expected({ input_mtok: prices['input_mtok'] }, inputTokens);
    return [(value * BigInt(extra)) / 1n, scale * BigInt(share)];
  }

  it('is found by its own name, without a warning', () => {
    const warn = vi.spyOn(console, 'warn');
    let found = 0;
    for (const provider of bundledData.providers)
      for (const model of provider.models) {
        const name = { provider: provider.id, models: [model.id.toLowerCase()], region: undefined, isVertex: false };
        const price = bare.price(name, new Date('2026-11-25T12:00:00Z'));
        if (!isUnpriced(price)) found++;
      }
    expect(found).toBeGreaterThan(1400);
    expect(warn).not.toHaveBeenCalled();
  });

  it('is listed with its unit prices', () => {
    const listed = [...bundledCatalogue.list(new Date('2026-11-25T12:00:00Z'), { provider: 'openai' })];
    expect(listed.find(({ model }) => model === 'whisper-1')?.price.rates.get('audio_seconds')?.per).toBe(3600);
    expect(new Set(listed.map(({ provider }) => provider))).toEqual(new Set(['openai']));
    expect(listed.length).toBeGreaterThan(80);
  });
});
