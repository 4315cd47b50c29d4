import type { RestDays } from './effective-prices.ts';

const openaiPrices = 'https://platform.openai.com/docs/pricing';

/**
 * Models that a fee is taken for with every request, which a call must say more about: one of the units. Without any unit
 * the fee is not known. The tokens alone would be too cheap.
 */
export const feesByUnit: readonly { provider: string; models: RegExp; units: readonly string[]; source: string }[] = [
  {
    provider: 'perplexity',
    models: /^sonar(-pro|-reasoning|-reasoning-pro)?$/,
    units: ['requests_low', 'requests_medium', 'requests_high'],
    source: 'https://docs.perplexity.ai/getting-started/pricing: by the size of the search context',
  },
  {
    provider: 'perplexity',
    models: /^sonar-deep-research$/,
    units: ['web_searches'],
    source: 'https://docs.perplexity.ai/getting-started/pricing: by search queries',
  },
  {
    provider: 'openai',
    models: /-search-(preview|api)/,
    units: ['web_searches'],
    source: 'https://platform.openai.com/docs/pricing: every request searches, at a fee',
  },
  {
    provider: 'openrouter',
    models: /^perplexity\/sonar-/,
    units: [],
    source: 'https://openrouter.ai/perplexity: a fee for each request, besides tokens',
  },
];

/** OpenAI bills long context above 272,000 input tokens, not from that number on. */
export const tierBounds = {
  provider: 'openai',
  was: 271_999,
  is: 272_000,
  source: 'https://platform.openai.com/docs/pricing: "prompts with >272K input tokens"',
};

/** Models whose longer contexts cost more than the catalogue has. */
export const coveredUpTo: readonly { provider: string; models: RegExp; inputTokens: number; source: string }[] = [
  {
    provider: 'x-ai',
    models: /^grok-4(-0709|-latest)?$|^grok-4-(1-)?fast/,
    inputTokens: 128_000,
    source: 'https://docs.x.ai/docs/models: higher prices for requests of more than 128K',
  },
];

/** DeepSeek has no peak hours at weekends in Beijing. */
export const restDays: Readonly<Record<string, RestDays>> = {
  // Source: https://api-docs.deepseek.com/quick_start/pricing, since 2026-08-23 in Beijing.
  deepseek: { since: new Date('2026-08-22T16:00:00Z'), utcOffsetHours: 8, weekdays: [0, 6] },
};

/** What costs nothing though the catalogue has no rates for it. Source: https://platform.openai.com/docs/pricing. */
export const free: readonly { provider: string; models: RegExp }[] = [
  { provider: 'openai', models: /^(omni|text)-moderation/ },
  { provider: 'openrouter', models: /:free$/ },
  // Source: https://ai.google.dev/gemini-api/docs/pricing.
  { provider: 'google', models: /^gemma-(3|3n|4)-/ },
];

/** Tokens that providers bill like text, where the catalogue has no rate for them. */
export const ordinaryUnits: readonly { provider: string; models: RegExp; units: readonly string[]; source: string }[] =
  [
    {
      provider: 'google',
      models: /^gemini-(?!.*(embedding|live))/,
      units: ['input_image_tokens', 'input_video_tokens'],
      source: 'https://ai.google.dev/gemini-api/docs/pricing: "text / image / video"',
    },
    {
      provider: 'google',
      models: /^gemini-(2\.5-pro|3(\.1)?-pro-preview|3\.[5-8]-flash)(?!.*(tts|image))/,
      units: ['input_audio_tokens'],
      source: 'https://ai.google.dev/gemini-api/docs/pricing: one rate for all input',
    },
    {
      provider: 'google',
      models: /^gemini-.*-tts$/,
      units: ['output_audio_tokens'],
      source: 'https://ai.google.dev/gemini-api/docs/pricing: all output is audio',
    },
    {
      provider: 'openai',
      models: /^gpt-4o-mini-tts/,
      units: ['output_audio_tokens'],
      source: `${openaiPrices}: all output is audio`,
    },
    {
      provider: 'openai',
      models: /^gpt-image-(1|1-mini|2)(-|$)/,
      units: ['output_image_tokens'],
      source: `${openaiPrices}: all output is images`,
    },
    {
      provider: 'x-ai',
      models: /^grok-(?!voice)/,
      units: ['input_image_tokens'],
      source: 'https://docs.x.ai/docs/models: image tokens are billed like text',
    },
  ];

/** The least that is billed. Source: https://groq.com/pricing: "minimum 10 seconds per request". */
export const minimums: readonly { provider: string; models: RegExp; seconds: number }[] = [
  { provider: 'groq', models: /^whisper-/, seconds: 10 },
];

/** Providers whose prices for another maker's models are the maker's own. Open weights are not: each asks what it likes. */
export const sameAsMaker: Readonly<Record<string, { maker: string; models: RegExp }[]>> = {
  azure: [
    { maker: 'openai', models: /^(?!gpt-oss)/ },
    { maker: 'anthropic', models: /^claude-/ },
  ],
  google: [{ maker: 'anthropic', models: /^claude-/ }],
};
