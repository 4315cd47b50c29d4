import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatDecimal } from '../../src/values/money.ts';
import { isUnpriced } from '../../src/pricing/price.ts';
import { costOfCall, type CatalogueCall } from '../support/priced-call.ts';

/** Calls and what they cost by the prices that providers publish; null where no catalogue has the price. */
const published: { what: string; call: CatalogueCall; costUsd: string | null }[] = JSON.parse(
  readFileSync(new URL('../data/published-prices.json', import.meta.url), 'utf8'),
);

const usd = (call: CatalogueCall) => {
  const cost = costOfCall(call);
  return isUnpriced(cost) ? null : formatDecimal(cost.costUsd);
};
const reason = (call: CatalogueCall) => {
  const cost = costOfCall(call);
  return isUnpriced(cost) ? cost.unpricedReason : undefined;
};

const million = 1_000_000;
const input = (provider: string, model: string, more: Partial<CatalogueCall> = {}): CatalogueCall => ({
  provider,
  model,
  inputTokens: million,
  outputTokens: 0,
  ...more,
});

describe('published prices', () => {
  it.each(published.map(({ what, ...rest }) => [what, rest] as const))('%s', (_what, { call, costUsd }) => {
    expect(usd({ ...call, outputTokens: call.outputTokens ?? 0 })).toBe(costUsd);
  });

  it.each([
    ['openai.chat', 'gpt-4o', '2.5'],
    ['azure.ai.openai', 'gpt-4o', '2.5'],
    ['azure.ai.inference', 'gpt-4o', '2.5'],
    ['aws.bedrock', 'anthropic.claude-haiku-4-5-20251001-v1:0', '1.1'],
    ['amazon-bedrock', 'us.anthropic.claude-haiku-4-5-20251001-v1:0', '1.1'],
    ['gcp.gemini', 'gemini-2.5-flash', '0.3'],
    ['gcp.vertex_ai', 'gemini-2.5-flash', '0.3'],
    ['google.generative-ai', 'gemini-2.5-flash', '0.3'],
    ['google.vertex.chat', 'gemini-2.5-flash', '0.3'],
    ['mistral_ai', 'mistral-medium-2508', '0.4'],
    ['mistral.chat', 'mistral-medium-2508', '0.4'],
    ['x_ai', 'grok-3', '3'],
    ['xai.responses', 'grok-3', '3'],
    ['moonshot_ai', 'kimi-k3', '3'],
    ['cohere.textEmbedding', 'embed-v4.0', '0.12'],
    ['acme.chat', 'gpt-4o', null],
  ])('knows %s, as SDKs and OpenTelemetry name it', (provider, model, cost) => {
    expect(usd(input(provider, model))).toBe(cost);
  });

  it.each([
    ['unknown', 'claude-haiku-4-5', '1'],
    ['', 'openai/gpt-4o-mini', '0.15'],
    ['unknown', 'openai:gpt-4o-mini', '0.15'],
    ['unknown', 'anthropic.claude-haiku-4-5-20251001-v1:0', '1.1'],
    ['litellm', 'gemini/gemini-2.5-flash', '0.3'],
    ['litellm', 'azure/gpt-4o', '2.5'],
    ['litellm', 'openrouter/anthropic/claude-haiku-4.5', '1'],
    ['gateway', 'xai/grok-3', '3'],
    // Open weights are sold by many, at many prices.
    ['deepseek', 'deepseek/deepseek-v4-flash', '0.22'],
    ['litellm', 'deepseek/deepseek-v4-flash', '0.22'],
    ['gateway', 'deepseek/deepseek-v4-flash', null],
    ['gateway', 'moonshotai/kimi-k2', null],
    ['unknown', 'openai/gpt-oss-120b', null],
    ['unknown', 'deepseek-ai/DeepSeek-V3', null],
    ['unknown', 'llama-3.3-70b-versatile', null],
    ['unknown', 'unknown', null],
  ])('%s / %s is whose name it says', (provider, model, cost) => {
    expect(usd(input(provider, model))).toBe(cost);
  });

  it.each([
    ['openai', 'babbage-002', '0.4'],
    ['anthropic', 'claude-sonnet-5', '2'],
    ['anthropic', 'claude-sonnet-5-20260901', '2'],
    ['anthropic', 'claude-sonnet-5-5', null],
    ['google', 'gemini-2.0-flash-001', '0.1'],
    ['google', 'gemini-1.5-flash-8b', null],
    ['azure', 'o4-mini-deep-research', '2'],
    ['mistral', 'mistral-small-2402', null],
    ['deepseek', 'deepseek-r1-distill-qwen-32b', null],
    ['openrouter', 'openai/gpt-4o-2024-05-13', '5'],
    ['openai', 'gpt-5-mini-2026-02-03', '0.25'],
    ['anthropic', 'claude-2.1', '8'],
    ['bedrock', 'amazon.titan-embed-text-v1', '0.1'],
    ['bedrock', 'amazon.titan-embed-text-v2', '0.02'],
    ['openai', 'ft:gpt-4o-2024-08-06:acme::abc', '3.75'],
    ['openai', 'ft:gpt-4-0613:acme::abc', null],
    ['openai', 'ft:gpt-4.1-2025-04-14:acme::abc', null],
  ])('%s / %s is not taken for another model', (provider, model, cost) => {
    expect(usd(input(provider, model))).toBe(cost);
  });

  it.each([
    ['arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0', '1.1'],
    ['bedrock/invoke/anthropic.claude-haiku-4-5-20251001-v1:0', '1.1'],
    ['global.anthropic.claude-haiku-4-5-20251001-v1:0', '1'],
    ['us.amazon.nova-pro-v1:0', '0.8'],
    ['bedrock/us-east-1/amazon.nova-pro-v1:0', '0.8'],
    ['apac.amazon.nova-pro-v1:0', null],
    ['bedrock/eu-west-1/amazon.nova-lite-v1:0', null],
    ['arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0', null],
    ['us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0', null],
    ['bedrock/us-west-2/1-month-commitment/anthropic.claude-v2:1', null],
  ])('of Bedrock are for the region: %s', (model, cost) => {
    expect(usd(input('bedrock', model))).toBe(cost);
  });

  it('of other clouds are for the region too', () => {
    const regional = 'projects/p/locations/us-east5/publishers/anthropic/models/claude-haiku-4-5@20251001';
    expect(reason(input('vertex', regional))).toContain('region us-east5');
    expect(usd(input('vertex', regional.replace('us-east5', 'global')))).toBe('1');
    expect(reason(input('azure', 'azure/eu/gpt-4o'))).toContain('region eu');
  });

  it('are another maker’s own only where the cloud asks the same', () => {
    expect(usd(input('azure', 'claude-haiku-4-5'))).toBe('1');
    expect(reason(input('azure', 'grok-3'))).toBe(
      'There is only the price that x-ai asks for its model, not that of azure.',
    );
    expect(usd(input('azure', 'gpt-oss-120b'))).toBeNull();
    expect(usd(input('azure', 'gpt-4o', { units: { web_searches: 1 } }))).toBeNull();
  });

  it('are those of the tier, or none', () => {
    const call = (serviceTier: string, more = {}) => input('anthropic', 'claude-haiku-4-5', { serviceTier, ...more });
    for (const tier of ['standard', 'default', 'auto', 'on_demand', ' Default ', '']) expect(usd(call(tier))).toBe('1');
    expect(usd(call('batch', { cachedInputTokens: million }))).toBe('0.05');
    expect(usd(call('priority'))).toBeNull();
    expect(reason(call('fast'))).toBe('There is no price for the service tier fast.');
    expect(usd(call('batch', { units: { web_searches: 1 } }))).toBeNull();
    expect(usd(input('openai', 'gpt-4o-2024-08-06', { serviceTier: 'batch' }))).toBe('1.25');
    expect(usd(input('openai', 'gpt-5-chat-latest', { serviceTier: 'batch' }))).toBeNull();
    expect(usd(input('azure', 'gpt-4o', { serviceTier: 'batch' }))).toBeNull();
  });

  it('without those of long contexts are for short ones, where the maker asks more', () => {
    const long = (provider: string, model: string, inputTokens: number, occurredAt = '2026-11-25T12:00:00Z') =>
      usd(input(provider, model, { inputTokens, occurredAt }));
    expect(long('xai', 'grok-4', 128_000)).toBe('0.384');
    expect(long('xai', 'grok-4', 128_001)).toBeNull();
    expect(long('bedrock', 'us.anthropic.claude-sonnet-4-6', 200_000, '2026-03-01T00:00:00Z')).toBe('0.66');
    expect(long('bedrock', 'us.anthropic.claude-sonnet-4-6', 200_001, '2026-03-01T00:00:00Z')).toBeNull();
    expect(long('bedrock', 'us.anthropic.claude-sonnet-4-6', 200_001)).toBe('0.6600033');
    expect(long('bedrock', 'openai.gpt-5.4', 300_000)).toBeNull();
    expect(long('vertex', 'claude-sonnet-4@20250514', 200_001)).toBeNull();
    expect(long('openrouter', 'anthropic/claude-sonnet-4.5', million)).toBe('6');
    expect(long('azure', 'gpt-5.4', 300_000)).toBe('1.5');
  });

  it('by the time of day begin with the dated price before them, and rest at weekends', () => {
    const at = (occurredAt: string) => usd(input('deepseek', 'deepseek-v4-flash', { occurredAt }));
    expect(at('2026-08-16T23:59:59Z')).toBe('0.14');
    expect(at('2026-08-17T00:00:00Z')).toBe('0.22');
    expect(at('2026-08-17T01:00:00Z')).toBe('0.44');
    expect(at('2026-08-17T03:59:59.999Z')).toBe('0.44');
    expect(at('2026-08-17T04:00:00Z')).toBe('0.22');
    const chat = (occurredAt: string) => usd(input('deepseek', 'deepseek-chat', { occurredAt }));
    expect(chat('2025-02-25T12:00:00Z')).toBeNull();
    expect(chat('2025-03-10T12:00:00Z')).toBe('0.27');
    expect(chat('2025-03-10T20:00:00Z')).toBe('0.135');
    expect(chat('2025-09-05T12:00:00Z')).toBeNull();
    // The first Saturday was still a day like the others.
    expect(at('2026-08-22T02:00:00Z')).toBe('0.44');
    expect(at('2026-08-29T02:00:00Z')).toBe('0.22');
    expect(at('2026-08-30T07:00:00Z')).toBe('0.22');
    expect(at('2026-08-31T07:00:00Z')).toBe('0.44');
  });

  it('are nothing for free models alone', () => {
    expect(usd(input('openrouter', 'some/new-model:free', { outputTokens: 5, cachedInputTokens: 3 }))).toBe('0');
    expect(usd(input('openai', 'omni-moderation-latest'))).toBe('0');
    expect(usd(input('gemini', 'gemma-3-27b-it'))).toBe('0');
    expect(usd(input('vertex', 'gemma-3-27b-it'))).toBeNull();
    expect(usd(input('cerebras', 'qwen-3-coder-480b'))).toBeNull();
    expect(usd(input('openrouter', 'some/new-model:free', { units: { web_searches: 1 } }))).toBeNull();
  });
});

describe('fees', () => {
  const sonar = (more: Partial<CatalogueCall>) => input('perplexity', 'sonar', { inputTokens: 100, ...more });

  it('of requests are taken once, or as often as a call says', () => {
    expect(usd(input('openrouter', 'perplexity/sonar', { inputTokens: 100 }))).toBe('0.0051');
    expect(usd(input('openrouter', 'perplexity/sonar', { inputTokens: 100, units: { requests: 3 } }))).toBe('0.0151');
    expect(usd(input('openrouter', 'perplexity/sonar-pro'))).toBeNull();
    expect(usd(input('openai', 'gpt-4o-mini-search-preview'))).toBeNull();
    expect(usd(input('openai', 'gpt-4o-mini-search-preview', { units: { web_searches: 1 } }))).toBe('0.16');
    expect(usd(input('perplexity', 'sonar-deep-research'))).toBeNull();
    expect(usd(input('perplexity', 'sonar-deep-research', { units: { web_searches: 2 } }))).toBe('2.01');
  });

  it('that depend on what a call says are not guessed', () => {
    expect(reason(sonar({}))).toContain('requests_low');
    expect(usd(sonar({ units: { requests_low: 1 } }))).toBe('0.0051');
    expect(usd(sonar({ units: { requests_high: '1' } }))).toBe('0.0121');
  });

  it('are not taken for failed calls without tokens', () => {
    const failed = { inputTokens: 0, status: 'FAILED' } as const;
    expect(usd(sonar(failed))).toBe('0');
    expect(usd(input('openrouter', 'perplexity/sonar', failed))).toBe('0');
    expect(usd(input('anthropic', 'claude-haiku-4-5', { ...failed, units: { web_searches: 2 } }))).toBe('0');
    expect(usd(input('openrouter', 'perplexity/sonar', { ...failed, inputTokens: 100 }))).toBe('0.0051');
  });
});

describe('units', () => {
  const realtime = (more: Partial<CatalogueCall>) =>
    input('openai', 'gpt-realtime', { inputTokens: 1000, outputTokens: 0, ...more });

  it('overlap with cached tokens as the call says or as it cannot be otherwise', () => {
    const audio = { input_audio_tokens: 600 };
    expect(usd(realtime({ units: audio }))).toBe('0.0208');
    expect(reason(realtime({ units: audio, cachedInputTokens: 500 }))).toBe(
      'The units must say how many cache_audio_read_tokens there were.',
    );
    const both = { ...audio, cache_audio_read_tokens: 300 };
    expect(usd(realtime({ units: both, cachedInputTokens: 500 }))).toBe('0.0106');
    // All of the input was audio, so all of the cached tokens were.
    expect(usd(realtime({ units: { input_audio_tokens: 1000 }, cachedInputTokens: 400 }))).toBe('0.01936');
    expect(usd(realtime({ units: audio, cachedInputTokens: 1000 }))).toBe('0.0004');
  });

  it('of the output must be told where it may be audio or images', () => {
    expect(reason(realtime({ outputTokens: 10 }))).toBe(
      'The call must say how many of its output tokens were what: output_audio_tokens.',
    );
    expect(usd(realtime({ outputTokens: 1000, units: { output_audio_tokens: 0 } }))).toBe('0.02');
    expect(usd(realtime({ outputTokens: 1000, units: { output_text_tokens: 1000 } }))).toBe('0.02');
    expect(usd(input('google', 'gemini-2.5-flash-image', { outputTokens: 1290 }))).toBeNull();
  });

  it('that cannot be are no price', () => {
    expect(reason(realtime({ units: { input_audio_tokens: 1001 } }))).toContain('fewer input_tokens');
    expect(usd(realtime({ units: { input_tokens: 1 } }))).toBeNull();
  });

  it('without a rate are no price, unless the provider bills them like text', () => {
    expect(reason(input('openai', 'gpt-4o', { units: { input_audio_tokens: 5 } }))).toBe(
      'The price has no rate for input_audio_tokens.',
    );
    expect(usd(input('openai', 'gpt-4o', { units: { input_audio_tokens: 0 } }))).toBe('2.5');
    expect(usd(input('openai', 'gpt-4o', { units: { input_text_tokens: 5 } }))).toBe('2.5');
    expect(reason(input('openai', 'gpt-4o', { units: { dances: '0.5' } }))).toBe('The price has no rate for dances.');
    expect(usd(input('google', 'gemini-2.5-flash', { units: { input_image_tokens: 5 } }))).toBe('0.3');
    expect(usd(input('google', 'gemini-2.5-flash', { units: { output_image_tokens: 5 } }))).toBeNull();
  });

  it('of written tokens and of cached ones need a rate', () => {
    expect(usd(input('openai', 'gpt-4o', { cacheWriteTokens: 5 }))).toBeNull();
    expect(usd(input('openai', 'gpt-4o-2024-05-13', { cachedInputTokens: 5 }))).toBeNull();
    const vertex = input('vertex', 'claude-opus-4-8', { cacheWriteTokens: 5 });
    expect(usd(vertex)).toBe('5.00000625');
    expect(usd({ ...vertex, cacheWrite1hTokens: 5 })).toBeNull();
  });

  it('of time are billed by the second, with the provider’s minimum', () => {
    const seconds = (provider: string, model: string, units: Record<string, string>) =>
      usd({ provider, model, inputTokens: 0, outputTokens: 0, units });
    expect(seconds('openai', 'whisper-1', { audio_seconds: '60' })).toBe('0.006');
    expect(seconds('openai', 'whisper-1', { input_audio_seconds: '0.5' })).toBe('0.00005');
    expect(seconds('groq', 'whisper-large-v3', { audio_seconds: '1' })).toBe('0.000308333333333333333333');
    expect(seconds('groq', 'whisper-large-v3', { audio_seconds: '1', input_audio_seconds: '1' })).toBe(
      '0.000308333333333333333333',
    );
    expect(seconds('openai', 'whisper-1', {})).toBeNull();
    expect(
      seconds('mistral', 'mistral-ocr-2512', { input_document_pages: '10', input_annotated_document_pages: '4' }),
    ).toBe('0.024');
  });
});
