import { describe, expect, it } from 'vitest';
import { modelNames } from '../../src/pricing/model-names.ts';

const table: [provider: string, model: string, name: string, ...models: string[]][] = [
  ['openai', 'gpt-4o', 'openai', 'gpt-4o'],
  [' OpenAI ', 'GPT-4o', 'openai', 'gpt-4o'],
  ['openai', 'gpt-4o-2024-08-06', 'openai', 'gpt-4o-2024-08-06', 'gpt-4o'],
  ['openai', 'davinci-002', 'openai', 'davinci-002'],
  ['openai', 'gpt-4-0613', 'openai', 'gpt-4-0613', 'gpt-4'],
  ['openai', 'chatgpt-4o-latest', 'openai', 'chatgpt-4o-latest', 'chatgpt-4o'],
  ['openai', 'ft:gpt-4o-2024-08-06:acme::abc', 'openai', 'ft:gpt-4o-2024-08-06:acme::abc'],
  ['openai', 'openai/gpt-4o', 'openai', 'gpt-4o'],
  ['openai', 'gpt-4o-audio-preview', 'openai', 'gpt-4o-audio-preview'],
  ['openai', 'text-embedding-3-small', 'openai', 'text-embedding-3-small'],
  ['Azure OpenAI', 'gpt-4o', 'azure', 'gpt-4o'],
  ['azure_openai', 'gpt-35-turbo', 'azure', 'gpt-3.5-turbo'],
  ['az.ai.openai', 'gpt-35-turbo-0613', 'azure', 'gpt-3.5-turbo-0613', 'gpt-3.5-turbo'],
  ['azure_ai', 'gpt-4.1-mini-2025-04-14', 'azure', 'gpt-4.1-mini-2025-04-14', 'gpt-4.1-mini'],
  ['azure', 'my-deployment', 'azure', 'my-deployment'],
  ['anthropic', 'claude-3-5-sonnet-20241022', 'anthropic', 'claude-3-5-sonnet-20241022', 'claude-3-5-sonnet'],
  ['anthropic', 'claude-3-5-haiku-latest', 'anthropic', 'claude-3-5-haiku-latest', 'claude-3-5-haiku'],
  [
    'bedrock',
    'us.anthropic.claude-3-5-sonnet-20241022-v2:0',
    'aws',
    'us.anthropic.claude-3-5-sonnet-20241022-v2:0',
    'anthropic.claude-3-5-sonnet-20241022-v2:0',
    'claude-3-5-sonnet-20241022-v2:0',
    'claude-3-5-sonnet-20241022',
    'claude-3-5-sonnet',
  ],
  [
    'aws.bedrock',
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0',
    'aws',
    'eu.amazon.nova-pro-v1:0',
    'amazon.nova-pro-v1:0',
    'nova-pro-v1:0',
    'nova-pro',
  ],
  [
    'amazon-bedrock',
    'arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-1-70b-instruct-v1:0',
    'aws',
    'meta.llama3-1-70b-instruct-v1:0',
    'llama3-1-70b-instruct-v1:0',
    'llama3-1-70b-instruct',
  ],
  ['vertex_ai', 'gemini-1.5-pro-002', 'google', 'gemini-1.5-pro-002', 'gemini-1.5-pro'],
  [
    'gcp.vertex_ai',
    'claude-3-5-sonnet-v2@20241022',
    'google',
    'claude-3-5-sonnet-v2@20241022',
    'claude-3-5-sonnet-v2-20241022',
    'claude-3-5-sonnet-v2',
  ],
  ['google-vertex', 'claude-sonnet-4@default', 'google', 'claude-sonnet-4@default', 'claude-sonnet-4'],
  ['gemini', 'models/gemini-2.5-flash', 'google', 'gemini-2.5-flash'],
  ['vertexai', 'publishers/google/models/gemini-2.0-flash-001', 'google', 'gemini-2.0-flash-001', 'gemini-2.0-flash'],
  [
    'vertex-ai',
    'projects/p/locations/us-east5/publishers/anthropic/models/claude-3-7-sonnet@20250219',
    'google',
    'claude-3-7-sonnet@20250219',
    'claude-3-7-sonnet-20250219',
    'claude-3-7-sonnet',
  ],
  ['mistralai', 'mistral-large-2411', 'mistral', 'mistral-large-2411', 'mistral-large'],
  ['litellm', 'bedrock/amazon.nova-lite-v1:0', 'aws', 'amazon.nova-lite-v1:0', 'nova-lite-v1:0', 'nova-lite'],
  ['litellm', 'gpt-4o', 'openai', 'gpt-4o'],
  ['litellm', 'llama-3-70b', 'litellm', 'llama-3-70b'],
  ['openrouter', 'openai/gpt-4o', 'openrouter', 'openai/gpt-4o'],
  ['xAI', 'grok-3-mini', 'x-ai', 'grok-3-mini'],
  ['cloudflare', '@cf/meta/llama-3-8b', 'cloudflare', '@cf/meta/llama-3-8b'],
  ['my-openai-proxy', 'gpt-4o', 'my-openai-proxy', 'gpt-4o'],
  ['unknown', 'unknown', 'unknown', 'unknown'],
  // No dates: a size, a context length, a version, a day that no month has.
  ['openai', 'gpt-4-32k', 'openai', 'gpt-4-32k'],
  ['meta', 'llama-3-8192', 'meta', 'llama-3-8192'],
  ['x', 'model-2024-13-01', 'x', 'model-2024-13-01'],
  ['x', 'model-1332', 'x', 'model-1332'],
];

describe('the names by which prices are found', () => {
  it.each(table)('%s / %s is %s', (provider, model, name, ...models) => {
    expect(modelNames(provider, model)).toMatchObject({ provider: name, models });
  });

  it('are found again by the names that they give', () => {
    for (const [provider, model] of table) {
      const names = modelNames(provider, model);
      for (const shorter of names.models) {
        const again = modelNames(names.provider, shorter);
        expect(again.provider).toBe(names.provider);
        expect(names.models).toContain(again.models[0]);
      }
    }
  });

  it('are those of the provider as sent too, as prices may be set for it', () => {
    expect(modelNames('litellm', 'gpt-4o').providers).toEqual(['litellm', 'openai']);
    expect(modelNames('Anthropic.Messages', 'claude-x').providers).toEqual(['anthropic', 'anthropic.messages']);
  });

  it('are never shortened for the catalogue, which has its own dates', () => {
    expect(modelNames('mistral', 'mistral-medium-2604').catalogue.models).toEqual(['mistral-medium-2604']);
    expect(modelNames('openai', 'davinci-002').catalogue.models).toEqual(['davinci-002']);
    expect(modelNames('bedrock', 'bedrock/converse/eu.amazon.nova-pro-v1:0').catalogue).toMatchObject({
      region: 'eu',
      models: [
        'eu.amazon.nova-pro-v1:0',
        'amazon.nova-pro-v1:0',
        'eu.amazon.nova-pro',
        'amazon.nova-pro',
        'nova-pro-v1:0',
        'nova-pro',
      ],
    });
  });
});
