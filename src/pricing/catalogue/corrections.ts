import type { ConditionalPrice, ModelPrice } from '@pydantic/genai-prices';
import type { Correction } from './correction.ts';
import { mistralCorrections } from './mistral-corrections.ts';
import { openaiCorrections } from './openai-corrections.ts';

const tiered = (base: number, above: number, start = 200_000) => ({ base, tiers: [{ start, price: above }] });
const bedrockPrices = 'https://aws.amazon.com/bedrock/pricing';
const openrouterPerplexity = 'https://openrouter.ai/perplexity: a fee for each request, besides tokens';

/** Perplexity's fee for a request depends on how much it searches; the catalogue has the highest. */
function perplexityRequests(model: string, was: ModelPrice & { requests_kcount: 12 | 14 }): Correction[] {
  const { requests_kcount: high, ...tokens } = was;
  const [low, medium] = high === 12 ? [5, 8] : [6, 10];
  const is = { ...tokens, requests_low_kcount: low, requests_medium_kcount: medium, requests_high_kcount: high };
  return [{ provider: 'perplexity', model, was, is, source: 'https://docs.perplexity.ai/getting-started/pricing' }];
}

/** The names stood for V3 and R1, with a discount at night, from 2025-02-26 until newer models took them on 2025-09-05. */
function deepseekAlias(model: string, night: ModelPrice, day: ModelPrice): Correction[] {
  const byDay: ConditionalPrice = {
    constraint: { type: 'time_of_date', start_time: '00:30:00Z', end_time: '16:30:00Z' },
    prices: day,
  };
  const from = (start_date: string, prices: ModelPrice): ConditionalPrice => ({
    constraint: { type: 'start_date', start_date },
    prices,
  });
  return [
    {
      provider: 'deepseek',
      model,
      was: [{ prices: night }, byDay],
      is: [{ prices: {} }, from('2025-02-26', night), byDay, from('2025-09-05', {})],
      source: 'https://api-docs.deepseek.com/news/news250226 and https://api-docs.deepseek.com/quick_start/pricing',
    },
  ];
}

export const corrections: readonly Correction[] = [
  ...openaiCorrections,
  {
    provider: 'azure',
    model: 'davinci',
    alsoNamed: ['text-davinci', 'text-davinci-002'],
    was: { input_mtok: 2 },
    is: null,
    source: 'the price is that of davinci-002 without its output; the models are retired',
  },
  ...mistralCorrections,
  {
    provider: 'groq',
    model: 'openai/gpt-oss-safeguard-20b',
    was: { input_mtok: 0.15, cache_read_mtok: 0.075, output_mtok: 0.6 },
    is: { input_mtok: 0.075, cache_read_mtok: 0.037, output_mtok: 0.3 },
    source: 'https://groq.com/pricing',
  },
  {
    provider: 'aws',
    model: 'amazon.titan-embed-text-v2:0',
    alsoNamed: ['amazon.titan-embed-text-v2'],
    was: { input_mtok: 0.1 },
    is: { input_mtok: 0.02 },
    source: bedrockPrices,
  },
  {
    provider: 'aws',
    model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    was: { input_mtok: 3.3, cache_write_mtok: 4.125, cache_read_mtok: 0.33, output_mtok: 16.5 },
    is: {
      input_mtok: tiered(3.3, 6.6),
      cache_write_mtok: tiered(4.125, 8.25),
      cache_read_mtok: tiered(0.33, 0.66),
      output_mtok: tiered(16.5, 24.75),
    },
    source: `${bedrockPrices}: long context`,
  },
  {
    provider: 'aws',
    model: 'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    was: { input_mtok: 3, cache_write_mtok: 3.75, cache_read_mtok: 0.3, output_mtok: 15 },
    is: {
      input_mtok: tiered(3, 6),
      cache_write_mtok: tiered(3.75, 7.5),
      cache_read_mtok: tiered(0.3, 0.6),
      output_mtok: tiered(15, 22.5),
    },
    source: `${bedrockPrices}: long context`,
  },
  ...(['us', 'global'] as const).map((region): Correction => ({
    provider: 'aws',
    model: `${region}.anthropic.claude-sonnet-4-20250514-v1:0`,
    was: { input_mtok: 3, cache_write_mtok: 3.75, cache_read_mtok: 0.3, output_mtok: 15 },
    is: {
      input_mtok: tiered(3, 6),
      cache_write_mtok: tiered(3.75, 7.5),
      cache_read_mtok: tiered(0.3, 0.6),
      output_mtok: tiered(15, 22.5),
    },
    source: `${bedrockPrices}: long context`,
  })),
  {
    provider: 'anthropic',
    model: 'claude-sonnet-4-20250514',
    alsoNamed: ['claude-sonnet-4-0', 'claude-sonnet-4', 'claude-sonnet-4@20250514'],
    was: {
      input_mtok: 3,
      cache_write_mtok: 3.75,
      cache_read_mtok: 0.3,
      output_mtok: 15,
      cache_write_1h_mtok: 6,
      web_searches_kcount: 10,
    },
    is: {
      input_mtok: tiered(3, 6),
      cache_write_mtok: tiered(3.75, 7.5),
      cache_read_mtok: tiered(0.3, 0.6),
      output_mtok: tiered(15, 22.5),
      cache_write_1h_mtok: tiered(6, 12),
      web_searches_kcount: 10,
    },
    source: 'https://claude.com/blog/1m-context: long context of Sonnet 4',
  },
  ...deepseekAlias(
    'deepseek-chat',
    { input_mtok: 0.135, cache_read_mtok: 0.035, output_mtok: 0.55 },
    { input_mtok: 0.27, cache_read_mtok: 0.07, output_mtok: 1.1 },
  ),
  ...deepseekAlias(
    'deepseek-reasoner',
    { input_mtok: 0.135, cache_read_mtok: 0.035, output_mtok: 0.55 },
    { input_mtok: 0.55, cache_read_mtok: 0.14, output_mtok: 2.19 },
  ),
  {
    provider: 'anthropic',
    model: 'claude-2.1',
    alsoNamed: ['claude-2.0'],
    was: undefined,
    is: { input_mtok: 8, output_mtok: 24 },
    source: 'https://platform.claude.com/docs/en/about-claude/pricing',
  },
  {
    provider: 'openrouter',
    model: 'qwen/qwen3.5-plus-02-15',
    was: { input_mtok: 0.4, output_mtok: 2.4 },
    is: { input_mtok: 0.26 },
    source: 'https://openrouter.ai/qwen/qwen3.5-plus-02-15',
  },
  {
    provider: 'openrouter',
    model: 'perplexity/sonar',
    was: { input_mtok: 1, output_mtok: 1 },
    is: { input_mtok: 1, output_mtok: 1, requests_kcount: 5 },
    source: openrouterPerplexity,
  },
  ...perplexityRequests('sonar', { input_mtok: 1, output_mtok: 1, requests_kcount: 12 }),
  ...perplexityRequests('sonar-pro', { input_mtok: 3, output_mtok: 15, requests_kcount: 14 }),
  ...perplexityRequests('sonar-reasoning', { input_mtok: 1, output_mtok: 5, requests_kcount: 12 }),
  ...perplexityRequests('sonar-reasoning-pro', { input_mtok: 2, output_mtok: 8, requests_kcount: 14 }),
  {
    provider: 'zai',
    model: 'glm-4.6',
    was: undefined,
    is: { input_mtok: 0.6, cache_read_mtok: 0.11, output_mtok: 2.2 },
    source: 'https://docs.z.ai/guides/overview/pricing',
  },
  {
    provider: 'together',
    model: 'deepseek-ai/deepseek-v3',
    was: undefined,
    is: { input_mtok: 1.25, output_mtok: 1.25 },
    source: 'https://www.together.ai/pricing',
  },
  {
    provider: 'cohere',
    model: 'embed-english-v3.0',
    alsoNamed: ['embed-multilingual-v3.0'],
    was: undefined,
    is: { input_mtok: 0.1 },
    source: 'https://cohere.com/pricing',
  },
  {
    provider: 'aws',
    model: 'eu.amazon.nova-pro-v1:0',
    was: { input_mtok: 0.8, cache_read_mtok: 0.2, output_mtok: 3.2 },
    is: { input_mtok: 1.05, output_mtok: 4.2 },
    source: `${bedrockPrices}: Europe`,
  },
];
