import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../src/values/errors.ts';
import {
  readProviderUsage,
  type ProviderAnswer,
  type ProviderUsage,
} from '../../src/provider-usage/read-provider-usage.ts';

const nothing: ProviderUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  reasoningTokens: 0,
  units: {},
  model: undefined,
  serviceTier: undefined,
  responseId: undefined,
};

type Row = [what: string, answer: ProviderAnswer, expected: Partial<ProviderUsage>];

const openai: Row[] = [
  [
    'a chat completion',
    {
      provider: 'openai',
      body: {
        id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
        object: 'chat.completion',
        created: 1741569952,
        model: 'gpt-4.1-2025-04-14',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Hello!' }, finish_reason: 'stop' }],
        usage: {
          prompt_tokens: 19,
          completion_tokens: 10,
          total_tokens: 29,
          prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
          completion_tokens_details: {
            reasoning_tokens: 0,
            audio_tokens: 0,
            accepted_prediction_tokens: 0,
            rejected_prediction_tokens: 0,
          },
        },
        service_tier: 'default',
      },
    },
    {
      inputTokens: 19,
      outputTokens: 10,
      model: 'gpt-4.1-2025-04-14',
      serviceTier: 'default',
      responseId: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
    },
  ],
  [
    'the last chunk of a streamed chat completion',
    {
      body: {
        id: 'chatcmpl-1',
        object: 'chat.completion.chunk',
        model: 'gpt-4o-mini',
        choices: [],
        usage: {
          prompt_tokens: 2006,
          completion_tokens: 300,
          total_tokens: 2306,
          prompt_tokens_details: { cached_tokens: 1920 },
          completion_tokens_details: { reasoning_tokens: 128 },
        },
      },
    },
    {
      inputTokens: 2006,
      outputTokens: 300,
      cachedInputTokens: 1920,
      reasoningTokens: 128,
      model: 'gpt-4o-mini',
      responseId: 'chatcmpl-1',
    },
  ],
  [
    'audio in a chat completion',
    {
      body: {
        prompt_tokens: 17,
        completion_tokens: 592,
        total_tokens: 609,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0, text_tokens: 17 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 482, text_tokens: 110 },
      },
    },
    { inputTokens: 17, outputTokens: 592, units: { output_audio_tokens: '482' } },
  ],
  [
    'a response with searches',
    {
      body: {
        id: 'resp_67ccf18ef5fc8190b16dbee19bc54e5f',
        object: 'response',
        status: 'completed',
        model: 'gpt-4.1-2025-04-14',
        output: [
          { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'news' } },
          { type: 'web_search_call', id: 'ws_2', status: 'completed', action: { type: 'open_page' } },
          { type: 'file_search_call', id: 'fs_1', status: 'completed' },
          { type: 'message', content: [] },
        ],
        service_tier: 'flex',
        usage: {
          input_tokens: 328,
          input_tokens_details: { cached_tokens: 128 },
          output_tokens: 52,
          output_tokens_details: { reasoning_tokens: 12 },
          total_tokens: 380,
        },
      },
    },
    {
      inputTokens: 328,
      outputTokens: 52,
      cachedInputTokens: 128,
      reasoningTokens: 12,
      units: { web_searches: '1', storage_searches: '1' },
      model: 'gpt-4.1-2025-04-14',
      serviceTier: 'flex',
      responseId: 'resp_67ccf18ef5fc8190b16dbee19bc54e5f',
    },
  ],
  [
    'the last event of a streamed response',
    {
      body: {
        type: 'response.completed',
        response: {
          id: 'resp_1',
          model: 'gpt-5-mini',
          service_tier: 'default',
          output: [{ type: 'web_search_call' }],
          usage: {
            input_tokens: 100,
            input_tokens_details: { cached_tokens: 0, cache_write_tokens: 60 },
            output_tokens: 20,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: 120,
          },
        },
      },
    },
    {
      inputTokens: 100,
      outputTokens: 20,
      cacheWriteTokens: 60,
      units: { web_searches: '1' },
      model: 'gpt-5-mini',
      serviceTier: 'default',
      responseId: 'resp_1',
    },
  ],
  [
    'an answer in text of a model that may speak',
    {
      model: 'gpt-audio',
      body: {
        prompt_tokens: 17,
        completion_tokens: 5,
        total_tokens: 22,
        completion_tokens_details: { audio_tokens: 0, text_tokens: 5 },
      },
    },
    { inputTokens: 17, outputTokens: 5, units: { output_audio_tokens: '0' } },
  ],
  [
    'embeddings',
    {
      body: { object: 'list', data: [], model: 'text-embedding-3-small', usage: { prompt_tokens: 8, total_tokens: 8 } },
    },
    { inputTokens: 8, model: 'text-embedding-3-small' },
  ],
  [
    'a realtime response',
    {
      body: {
        type: 'response.done',
        response: {
          id: 'resp_realtime',
          usage: {
            total_tokens: 253,
            input_tokens: 132,
            output_tokens: 121,
            input_token_details: {
              text_tokens: 119,
              audio_tokens: 13,
              image_tokens: 0,
              cached_tokens: 64,
              cached_tokens_details: { text_tokens: 64, audio_tokens: 0, image_tokens: 0 },
            },
            output_token_details: { text_tokens: 30, audio_tokens: 91 },
          },
        },
      },
    },
    {
      inputTokens: 132,
      outputTokens: 121,
      cachedInputTokens: 64,
      units: { input_audio_tokens: '13', cache_audio_read_tokens: '0', output_audio_tokens: '91' },
      responseId: 'resp_realtime',
    },
  ],
  [
    'transcription by time',
    { body: { text: 'Hello', usage: { type: 'duration', seconds: 8.5 } } },
    { units: { audio_seconds: '8.5' } },
  ],
  [
    'transcription by tokens',
    {
      body: {
        text: 'Hello',
        usage: {
          type: 'tokens',
          input_tokens: 14,
          input_token_details: { text_tokens: 0, audio_tokens: 14 },
          output_tokens: 45,
          total_tokens: 59,
        },
      },
    },
    { inputTokens: 14, outputTokens: 45, units: { input_audio_tokens: '14' } },
  ],
  [
    'images',
    {
      body: {
        created: 1713833628,
        data: [],
        usage: {
          total_tokens: 100,
          input_tokens: 50,
          output_tokens: 50,
          input_tokens_details: { text_tokens: 10, image_tokens: 40 },
        },
      },
    },
    { inputTokens: 50, outputTokens: 50, units: { input_image_tokens: '40', output_image_tokens: '50' } },
  ],
];

const anthropic: Row[] = [
  [
    'a message with both kinds of cache and searches',
    {
      provider: 'anthropic',
      body: {
        id: 'msg_013Zva2CMHLNnXjNJJKqJ2EF',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-5-20250929',
        content: [],
        usage: {
          input_tokens: 105,
          output_tokens: 6039,
          cache_read_input_tokens: 7123,
          cache_creation_input_tokens: 7345,
          cache_creation: { ephemeral_5m_input_tokens: 345, ephemeral_1h_input_tokens: 7000 },
          server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
          service_tier: 'standard',
          inference_geo: 'not_available',
        },
      },
    },
    {
      inputTokens: 14_573,
      outputTokens: 6039,
      cachedInputTokens: 7123,
      cacheWriteTokens: 7345,
      cacheWrite1hTokens: 7000,
      units: { web_searches: '2' },
      model: 'claude-sonnet-4-5-20250929',
      serviceTier: 'standard',
      responseId: 'msg_013Zva2CMHLNnXjNJJKqJ2EF',
    },
  ],
  [
    'the last event of a stream',
    {
      body: {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: {
          input_tokens: 10_682,
          cache_creation_input_tokens: 0,
          cache_read_input_tokens: 0,
          output_tokens: 510,
          output_tokens_details: { thinking_tokens: 120 },
        },
      },
    },
    { inputTokens: 10_682, outputTokens: 510, reasoningTokens: 120, serviceTier: 'standard' },
  ],
  [
    'the smallest usage',
    { body: { input_tokens: 2095, output_tokens: 503, cache_creation: null, cache_read_input_tokens: null } },
    { inputTokens: 2095, outputTokens: 503, serviceTier: 'standard' },
  ],
  [
    'inference in one country, and fast',
    {
      body: {
        input_tokens: 1,
        output_tokens: 2,
        cache_read_input_tokens: 0,
        service_tier: 'batch',
        inference_geo: 'us',
      },
    },
    { inputTokens: 1, outputTokens: 2, serviceTier: 'batch-us' },
  ],
  [
    'a message whose history was compacted',
    {
      body: {
        input_tokens: 23_000,
        output_tokens: 1000,
        iterations: [
          { type: 'compaction', input_tokens: 180_000, output_tokens: 3500 },
          { type: 'message', input_tokens: 23_000, output_tokens: 1000 },
        ],
      },
    },
    { inputTokens: 203_000, outputTokens: 4500, serviceTier: 'standard' },
  ],
];

const google: Row[] = [
  [
    'thoughts, tools and modalities',
    {
      provider: 'google',
      body: {
        candidates: [{ content: {}, groundingMetadata: { webSearchQueries: ['a', 'b'] } }],
        modelVersion: 'gemini-2.5-flash',
        responseId: 'abc',
        usageMetadata: {
          promptTokenCount: 1000,
          cachedContentTokenCount: 600,
          candidatesTokenCount: 120,
          toolUsePromptTokenCount: 300,
          thoughtsTokenCount: 80,
          totalTokenCount: 1500,
          promptTokensDetails: [
            { modality: 'TEXT', tokenCount: 400 },
            { modality: 'AUDIO', tokenCount: 500 },
            { modality: 'IMAGE', tokenCount: 60 },
            { modality: 'DOCUMENT', tokenCount: 40 },
          ],
          cacheTokensDetails: [
            { modality: 'TEXT', tokenCount: 200 },
            { modality: 'AUDIO', tokenCount: 400 },
          ],
          candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: 120 }],
          toolUsePromptTokensDetails: [{ modality: 'TEXT', tokenCount: 300 }],
          trafficType: 'ON_DEMAND_PRIORITY',
        },
      },
    },
    {
      inputTokens: 1300,
      outputTokens: 200,
      cachedInputTokens: 600,
      reasoningTokens: 80,
      units: {
        input_audio_tokens: '500',
        input_image_tokens: '100',
        cache_audio_read_tokens: '400',
        cache_image_read_tokens: '0',
        web_searches: '2',
      },
      model: 'gemini-2.5-flash',
      serviceTier: 'priority',
      responseId: 'abc',
    },
  ],
  [
    'an image',
    {
      body: {
        usageMetadata: {
          promptTokenCount: 10,
          candidatesTokenCount: 1290,
          totalTokenCount: 1300,
          candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
          trafficType: 'TRAFFIC_TYPE_UNSPECIFIED',
        },
      },
    },
    { inputTokens: 10, outputTokens: 1290, units: { output_image_tokens: '1290' } },
  ],
  [
    'the names of its Python library',
    {
      body: {
        usage_metadata: {
          prompt_token_count: 8,
          candidates_token_count: null,
          thoughts_token_count: 20,
          total_token_count: 28,
          prompt_tokens_details: [{ modality: 'AUDIO', token_count: 6 }],
        },
      },
    },
    { inputTokens: 8, outputTokens: 20, reasoningTokens: 20, units: { input_audio_tokens: '6' } },
  ],
  [
    'candidates that have the thoughts, by the total',
    { body: { promptTokenCount: 8, candidatesTokenCount: 30, thoughtsTokenCount: 20, totalTokenCount: 38 } },
    { inputTokens: 8, outputTokens: 30, reasoningTokens: 20 },
  ],
  [
    'live answers',
    {
      body: {
        usageMetadata: {
          promptTokenCount: 100,
          responseTokenCount: 50,
          totalTokenCount: 150,
          responseTokensDetails: [{ modality: 'AUDIO', tokenCount: 50 }],
        },
      },
    },
    { inputTokens: 100, outputTokens: 50, units: { output_audio_tokens: '50' } },
  ],
  [
    'its chat completions, which hide thoughts in the total',
    { provider: 'google', body: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 130 } },
    { inputTokens: 10, outputTokens: 120, reasoningTokens: 100 },
  ],
];

const converse = { inputTokens: 40, outputTokens: 100, cacheReadInputTokens: 2000, cacheWriteInputTokens: 1000 };
const bedrock: Row[] = [
  [
    'Converse',
    { provider: 'bedrock', body: { output: {}, usage: { ...converse, totalTokens: 3140 }, metrics: { latencyMs: 9 } } },
    { inputTokens: 3040, outputTokens: 100, cachedInputTokens: 2000, cacheWriteTokens: 1000 },
  ],
  [
    'the metadata of a stream, with a cache that is kept for an hour',
    {
      body: {
        metadata: {
          usage: {
            ...converse,
            totalTokens: 3140,
            cacheDetails: [
              { ttl: '1h', inputTokens: 700 },
              { ttl: '5m', inputTokens: 300 },
            ],
          },
          serviceTier: { type: 'flex' },
        },
      },
    },
    {
      inputTokens: 3040,
      outputTokens: 100,
      cachedInputTokens: 2000,
      cacheWriteTokens: 1000,
      cacheWrite1hTokens: 700,
      serviceTier: 'flex',
    },
  ],
  [
    'cached tokens that are inside, by the total',
    { body: { inputTokens: 3000, outputTokens: 100, totalTokens: 3100, cacheReadInputTokens: 2000 } },
    { inputTokens: 3000, outputTokens: 100, cachedInputTokens: 2000 },
  ],
  [
    'a total without the cached tokens, which cannot be inside',
    { body: { ...converse, totalTokens: 140 } },
    { inputTokens: 3040, outputTokens: 100, cachedInputTokens: 2000, cacheWriteTokens: 1000 },
  ],
  [
    'a model of OpenAI without a total',
    {
      model: 'openai.gpt-5.4',
      body: { inputTokens: 3000, outputTokens: 100, cacheReadInputTokens: 2000 },
    },
    { inputTokens: 3000, outputTokens: 100, cachedInputTokens: 2000 },
  ],
  [
    'Llama, called by itself',
    { body: { generation: 'Hi', prompt_token_count: 12, generation_token_count: 34, stop_reason: 'stop' } },
    { inputTokens: 12, outputTokens: 34 },
  ],
  [
    'no cache',
    { body: { inputTokens: 125, outputTokens: 60, totalTokens: 185 } },
    { inputTokens: 125, outputTokens: 60 },
  ],
];

const others: Row[] = [
  [
    'Mistral',
    {
      body: {
        id: 'm1',
        model: 'mistral-small-latest',
        choices: [],
        usage: { prompt_tokens: 16, completion_tokens: 34, total_tokens: 50 },
      },
    },
    { inputTokens: 16, outputTokens: 34, model: 'mistral-small-latest', responseId: 'm1' },
  ],
  [
    'Mistral with audio',
    { body: { prompt_audio_seconds: 203, prompt_tokens: 4, total_tokens: 3264, completion_tokens: 635 } },
    { inputTokens: 4, outputTokens: 635, units: { audio_seconds: '203' } },
  ],
  [
    'Mistral’s OCR',
    { body: { pages: [], model: 'mistral-ocr-2512', usage_info: { pages_processed: 3, doc_size_bytes: null } } },
    { units: { input_document_pages: '3' }, model: 'mistral-ocr-2512' },
  ],
  [
    'Groq’s last chunk',
    {
      body: {
        id: 'chatcmpl-g',
        object: 'chat.completion.chunk',
        model: 'openai/gpt-oss-20b',
        choices: [],
        x_groq: {
          id: 'req_1',
          usage: {
            queue_time: 0.03,
            prompt_tokens: 900,
            completion_tokens: 40,
            total_tokens: 940,
            prompt_tokens_details: { cached_tokens: 512 },
            completion_tokens_details: { reasoning_tokens: 30 },
          },
        },
        service_tier: 'on_demand',
      },
    },
    {
      inputTokens: 900,
      outputTokens: 40,
      cachedInputTokens: 512,
      reasoningTokens: 30,
      model: 'openai/gpt-oss-20b',
      serviceTier: 'on_demand',
      responseId: 'chatcmpl-g',
    },
  ],
  [
    'DeepSeek',
    {
      body: {
        prompt_tokens: 120,
        completion_tokens: 60,
        total_tokens: 180,
        prompt_cache_hit_tokens: 64,
        prompt_cache_miss_tokens: 56,
        completion_tokens_details: { reasoning_tokens: 50 },
      },
    },
    { inputTokens: 120, outputTokens: 60, cachedInputTokens: 64, reasoningTokens: 50 },
  ],
  [
    'xAI',
    {
      provider: 'xai',
      body: {
        prompt_tokens: 32,
        completion_tokens: 9,
        total_tokens: 135,
        prompt_tokens_details: { text_tokens: 20, audio_tokens: 0, image_tokens: 12, cached_tokens: 6 },
        completion_tokens_details: { reasoning_tokens: 94, audio_tokens: 0 },
        num_sources_used: 0,
      },
    },
    {
      inputTokens: 32,
      outputTokens: 103,
      cachedInputTokens: 6,
      reasoningTokens: 94,
      units: { input_image_tokens: '12' },
    },
  ],
  [
    'xAI without a total',
    {
      provider: 'xai',
      body: { prompt_tokens: 5, completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 4 } },
    },
    { inputTokens: 5, outputTokens: 13, reasoningTokens: 4 },
  ],
  [
    'Perplexity',
    {
      provider: 'perplexity',
      body: {
        prompt_tokens: 33,
        completion_tokens: 7163,
        total_tokens: 7196,
        citation_tokens: 20_016,
        num_search_queries: 18,
        reasoning_tokens: 73_997,
        search_context_size: 'low',
      },
    },
    {
      inputTokens: 33,
      outputTokens: 101_176,
      reasoningTokens: 73_997,
      units: { output_citation_tokens: '20016', web_searches: '18', requests_low: '1' },
    },
  ],
  [
    'LiteLLM’s form of Anthropic’s usage',
    {
      body: {
        prompt_tokens: 12_014,
        completion_tokens: 50,
        total_tokens: 12_064,
        prompt_tokens_details: { cached_tokens: 10_000 },
        cache_creation_input_tokens: 2000,
        cache_read_input_tokens: 10_000,
      },
    },
    { inputTokens: 12_014, outputTokens: 50, cachedInputTokens: 10_000, cacheWriteTokens: 2000 },
  ],
  [
    'a prompt that leaves out what was cached, by the total',
    {
      body: {
        prompt_tokens: 14,
        completion_tokens: 50,
        total_tokens: 12_064,
        cache_creation_input_tokens: 2000,
        cache_read_input_tokens: 10_000,
      },
    },
    { inputTokens: 12_014, outputTokens: 50, cachedInputTokens: 10_000, cacheWriteTokens: 2000 },
  ],
  [
    'Cohere',
    {
      body: {
        id: 'c1',
        usage: {
          billed_units: { input_tokens: 5, output_tokens: 418 },
          tokens: { input_tokens: 71, output_tokens: 418 },
        },
      },
    },
    { inputTokens: 5, outputTokens: 418, responseId: 'c1' },
  ],
  [
    'Cohere’s rerank',
    { body: { results: [], meta: { billed_units: { search_units: 1 } } } },
    { units: { rerank_searches: '1' } },
  ],
  [
    'Voyage',
    { body: { object: 'list', model: 'voyage-3', usage: { total_tokens: 10 } } },
    { inputTokens: 10, model: 'voyage-3' },
  ],
];

describe('the usage of', () => {
  describe.each([
    ['OpenAI', openai],
    ['Anthropic', anthropic],
    ['Gemini', google],
    ['Bedrock', bedrock],
    ['others', others],
  ] as const)('%s', (_provider, rows) => {
    it.each(rows)('%s', (_what, answer, expected) => {
      expect(readProviderUsage(answer)).toEqual({ ...nothing, ...expected });
    });
  });
});

describe('usage that cannot be read', () => {
  it.each([
    ['a chunk before the last', { choices: [{ delta: {} }], usage: null }, 'include_usage'],
    ['nothing', {}, 'no usage'],
    ['names that nobody has', { tokens_used: 5 }, 'tokens_used'],
    ['a stream’s first counts alone', { type: 'message_delta', usage: { output_tokens: 5 } }, "no 'input_tokens'"],
    [
      'counts of the AI SDK',
      { inputTokens: 5, outputTokens: 2, totalTokens: 7, cachedInputTokens: 3 },
      'cachedInputTokens',
    ],
    ['negative counts', { prompt_tokens: -1, completion_tokens: 2 }, 'non-negative'],
    ['fractions of tokens', { prompt_tokens: 1.5, completion_tokens: 2 }, 'whole number'],
    ['texts', { promptTokenCount: 5, candidatesTokenCount: '7' }, "'candidatesTokenCount' must be a number"],
    ['a total of something else', { prompt_tokens: 1, completion_tokens: 2, total_tokens: 9 }, 'total of 9 tokens'],
    [
      'more cached than input',
      { input_tokens: 1, output_tokens: 2, total_tokens: 3, input_tokens_details: { cached_tokens: 5 } },
      'cachedInputTokens',
    ],
  ])('is refused by name: %s', (_what, body, message) => {
    const read = () => readProviderUsage({ body });
    expect(read).toThrow(ValidationError);
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ field: 'providerUsage' }));
  });
});

describe('the table of docs/providers.md', () => {
  const docs = readFileSync(new URL('../../docs/providers.md', import.meta.url), 'utf8');

  it('has every field that the tests send', () => {
    const fields = [
      'prompt_cache_hit_tokens',
      'toolUsePromptTokenCount',
      'cacheReadInputTokens',
      'ephemeral_1h_input_tokens',
    ];
    for (const field of fields) expect(docs).toContain(`\`${field}\``);
  });
});
