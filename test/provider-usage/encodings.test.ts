import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProviderUsage } from '../../src/provider-usage/read-provider-usage.ts';

/** Disjoint counts of what a call used, of which each provider adds up others. */
const counts = fc.record({
  plain: fc.nat(100_000),
  cached: fc.nat(100_000),
  written: fc.nat(100_000),
  writtenForAnHour: fc.nat(100_000),
  answer: fc.nat(100_000),
  reasoning: fc.nat(100_000),
  tools: fc.nat(1000),
});
type Counts = typeof counts extends fc.Arbitrary<infer T> ? T : never;

/** The call that the counts are, in fields of ours. */
const truth = ({ plain, cached, written, writtenForAnHour, answer, reasoning, tools }: Counts) => ({
  inputTokens: plain + cached + written + writtenForAnHour + tools,
  cachedInputTokens: cached,
  cacheWriteTokens: written + writtenForAnHour,
  cacheWrite1hTokens: writtenForAnHour,
  outputTokens: answer + reasoning,
  reasoningTokens: reasoning,
});

/** What a provider does not tell is none. */
const without = (given: Counts, ...left: (keyof Counts)[]): Counts => ({
  ...given,
  ...Object.fromEntries(left.map((name) => [name, 0])),
});

type Encoding = [name: string, left: (keyof Counts)[], provider: string, encode: (given: Counts) => object];

const encodings: Encoding[] = [
  [
    'chat completions',
    ['writtenForAnHour', 'tools'],
    'openai',
    (given) => {
      const { inputTokens: prompt_tokens, outputTokens: completion_tokens } = truth(given);
      return {
        prompt_tokens,
        completion_tokens,
        total_tokens: prompt_tokens + completion_tokens,
        prompt_tokens_details: { cached_tokens: given.cached, cache_write_tokens: given.written },
        completion_tokens_details: { reasoning_tokens: given.reasoning },
      };
    },
  ],
  [
    'responses',
    ['writtenForAnHour', 'tools'],
    'azure',
    (given) => {
      const { inputTokens: input_tokens, outputTokens: output_tokens } = truth(given);
      return {
        input_tokens,
        output_tokens,
        total_tokens: input_tokens + output_tokens,
        input_tokens_details: { cached_tokens: given.cached, cache_write_tokens: given.written },
        output_tokens_details: { reasoning_tokens: given.reasoning },
      };
    },
  ],
  [
    'messages',
    ['tools'],
    'anthropic',
    ({ plain, cached, written, writtenForAnHour, answer, reasoning }) => ({
      input_tokens: plain,
      output_tokens: answer + reasoning,
      cache_read_input_tokens: cached,
      cache_creation_input_tokens: written + writtenForAnHour,
      cache_creation: { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: writtenForAnHour },
      output_tokens_details: { thinking_tokens: reasoning },
    }),
  ],
  [
    'generateContent',
    ['written', 'writtenForAnHour'],
    'google',
    ({ plain, cached, answer, reasoning, tools }) => ({
      promptTokenCount: plain + cached,
      cachedContentTokenCount: cached,
      candidatesTokenCount: answer,
      thoughtsTokenCount: reasoning,
      toolUsePromptTokenCount: tools,
      totalTokenCount: plain + cached + answer + reasoning + tools,
    }),
  ],
  [
    'converse',
    ['reasoning', 'tools'],
    'bedrock',
    ({ plain, cached, written, writtenForAnHour, answer }) => ({
      inputTokens: plain,
      outputTokens: answer,
      totalTokens: plain + cached + written + writtenForAnHour + answer,
      cacheReadInputTokens: cached,
      cacheWriteInputTokens: written + writtenForAnHour,
      cacheDetails: [
        { ttl: '5m', inputTokens: written },
        { ttl: '1h', inputTokens: writtenForAnHour },
      ],
    }),
  ],
  [
    'xAI’s chat completions',
    ['written', 'writtenForAnHour', 'tools'],
    'xai',
    ({ plain, cached, answer, reasoning }) => ({
      prompt_tokens: plain + cached,
      completion_tokens: answer,
      total_tokens: plain + cached + answer + reasoning,
      prompt_tokens_details: { cached_tokens: cached },
      completion_tokens_details: { reasoning_tokens: reasoning },
    }),
  ],
];

describe('what a call used', () => {
  it.each(encodings)('is read the same from %s', (_name, left, provider, encode) => {
    fc.assert(
      fc.property(counts, (all) => {
        const given = without(all, ...left);
        expect(readProviderUsage({ body: { usage: encode(given) }, provider })).toMatchObject(truth(given));
      }),
      { numRuns: 500 },
    );
  });
});
