import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { formatDecimal } from '../../src/values/money.ts';
import { cataloguePrice } from '../../src/pricing/catalogue.ts';
import { costOf } from '../../src/pricing/cost.ts';
import { modelNames } from '../../src/pricing/model-names.ts';
import { readTokens, type TokenInput } from '../../src/pricing/token-counts.ts';

const find = (provider: string, model: string, at = '2025-09-01T12:00:00Z') =>
  cataloguePrice(modelNames(provider, model), new Date(at));

function usd(provider: string, model: string, tokens: TokenInput, at?: string) {
  const price = find(provider, model, at);
  const cost = price && costOf(readTokens(tokens), price.rates);
  return cost && formatDecimal(cost);
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
    ['unknown', 'gpt-4o'],
    ['openai', 'unknown'],
    // Priced by the second.
    ['openai', 'whisper-1'],
    ['', ''],
    ['openai', '__proto__'],
  ])('has no price for %s / %s', (provider, model) => {
    expect(find(provider, model)).toBeUndefined();
  });

  it('names the package and its version in a price’s id', () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../node_modules/@pydantic/genai-prices/package.json', import.meta.url), 'utf8'),
    );
    expect(find('openai', 'gpt-4o')?.id).toBe(`genai-prices@${version}/openai/gpt-4o`);
  });

  it('can be read to its end, without a warning', () => {
    const warn = vi.spyOn(console, 'warn');
    const source = readFileSync(
      new URL('../../node_modules/@pydantic/genai-prices/dist/index.js', import.meta.url),
      'utf8',
    );
    const provider = /^ {4}id: "([^"]+)"/;
    let name = '';
    let found = 0;
    for (const line of source.split('\n')) {
      name = provider.exec(line)?.[1] ?? name;
      const model = /^ {8}id: "([^"]+)"/.exec(line)?.[1];
      if (model !== undefined && find(name, model)) found++;
    }
    expect(found).toBeGreaterThan(1000);
    expect(warn).not.toHaveBeenCalled();
  });
});
