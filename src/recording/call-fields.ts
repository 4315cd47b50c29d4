import { unknown, type Call } from './call.entity.ts';
import { kinds, type ListedField } from './field-kinds.ts';

/**
 * Every field of a call, in the order of checks and of an exported file's columns. Types, checks, hash, insert, GraphQL
 * and files follow from this list: a new field is an entry here, a property of the entity and a migration.
 */
export const callFields = {
  tenantId: {
    kind: kinds.tenantId,
    // Named once for a whole file.
    inFiles: false,
    input: {
      description: "For a superuser's key only, which must name it; every other key records for its own tenant.",
    },
  },
  requestId: {
    kind: kinds.identifier,
    input: { description: 'Idempotency key within the tenant; made by the gateway ("req_…") when left out.' },
    output: { description: 'Idempotency key within the tenant.' },
  },
  occurredAt: {
    kind: kinds.time,
    input: { description: 'When the call was made, at most 5 minutes from now; now when left out.' },
    output: { description: 'When the call was made.' },
  },
  agentId: {
    kind: kinds.agentId,
    leftOut: null,
    hashPlace: 1,
    input: { description: 'Agent that made it, registered or not.' },
    output: { description: 'Agent that made it; null when none was named.' },
  },
  provider: {
    kind: kinds.identifier,
    leftOut: unknown,
    hashPlace: 2,
    input: { description: 'Provider of the model, such as "openai"; "unknown" when left out.' },
    output: { description: 'Provider of the model; "unknown" when none was named.' },
  },
  model: {
    kind: kinds.identifier,
    leftOut: unknown,
    hashPlace: 3,
    input: { description: 'Model that was called; "unknown" when left out.' },
    output: { description: 'Model that was called; "unknown" when none was named.' },
  },
  operation: {
    kind: kinds.identifier,
    leftOut: null,
    hashPlace: 4,
    input: { description: 'Kind of call, such as "chat" or "embedding".' },
    output: { description: 'Kind of call, such as "chat" or "embedding".' },
  },
  channelId: {
    kind: kinds.identifier,
    leftOut: null,
    hashPlace: 5,
    input: { description: 'Channel that it came through.' },
    output: { description: 'Channel that it came through; null when none was named.' },
  },
  userId: {
    kind: kinds.identifier,
    leftOut: null,
    hashPlace: 6,
    input: { description: 'User that it was made for.' },
    output: { description: 'User that it was made for; null when none was named.' },
  },
  botId: {
    kind: kinds.identifier,
    leftOut: null,
    hashPlace: 7,
    input: { description: 'Bot that made it.' },
    output: { description: 'Bot that made it; null when none was named.' },
  },
  threadId: {
    kind: kinds.identifier,
    leftOut: null,
    hashPlace: 8,
    input: { description: 'Conversation that it belongs to.' },
    output: { description: 'Conversation that it belongs to; null when none was named.' },
  },
  knowledgeBaseId: {
    kind: kinds.identifier,
    leftOut: null,
    hashPlace: 9,
    input: { description: 'Knowledge base that it used.' },
    output: { description: 'Knowledge base that it used; null when none was named.' },
  },
  inputTokens: {
    kind: kinds.tokenCount,
    leftOut: 0,
    hashPlace: 10,
    input: { description: 'Input tokens, the cached ones included.', required: true },
    output: { description: 'Input tokens, the cached ones included.' },
  },
  outputTokens: {
    kind: kinds.tokenCount,
    leftOut: 0,
    hashPlace: 11,
    input: { description: 'Output tokens, the reasoning ones included.', required: true },
    output: { description: 'Output tokens, the reasoning ones included.' },
  },
  cachedInputTokens: {
    kind: kinds.tokenCount,
    leftOut: 0,
    hashPlace: 12,
    input: { description: 'Input tokens read from a cache.', defaultValue: 0 },
    output: { description: 'Input tokens read from a cache.' },
  },
  cacheWriteTokens: {
    kind: kinds.tokenCount,
    leftOut: 0,
    hashPlace: 13,
    input: { description: 'Input tokens written to a cache.', defaultValue: 0 },
    output: { description: 'Input tokens written to a cache.' },
  },
  reasoningTokens: {
    kind: kinds.tokenCount,
    leftOut: 0,
    hashPlace: 14,
    input: { description: 'Output tokens spent on reasoning.', defaultValue: 0 },
    output: { description: 'Output tokens spent on reasoning.' },
  },
  durationMs: {
    kind: kinds.count,
    leftOut: null,
    hashPlace: 15,
    input: { description: 'Duration in milliseconds.' },
    output: { description: 'Duration in milliseconds; null when it was not sent.' },
  },
  status: {
    kind: kinds.status,
    leftOut: 'SUCCESS',
    hashPlace: 16,
    input: { description: 'How it ended.', defaultValue: 'SUCCESS' },
    output: { description: 'How it ended.' },
  },
  costUsd: {
    kind: kinds.usd,
    leftOut: null,
    hashPlace: 17,
    input: {
      description: 'What the caller was charged in USD, when it knows; not negative, at most 18 decimals.',
    },
    output: { description: 'Cost in USD; null when no price was found.' },
  },
  metadata: {
    kind: kinds.jsonObject,
    leftOut: null,
    hashPlace: 18,
    input: { description: 'Anything else, up to 8 KiB of JSON.' },
    output: { description: 'What the caller attached; null for nothing.' },
  },
  recordedAt: {
    kind: kinds.time,
    output: { description: 'When the gateway stored it.' },
  },
  costSource: {
    kind: kinds.costSource,
    output: { description: 'Where the cost comes from.' },
  },
  priceId: {
    kind: kinds.identifier,
    leftOut: null,
    output: {
      description:
        'Price that the cost was computed with: id of a model price, or entry of the catalogue with its version; null when it was not.',
    },
  },
  voidedAt: {
    kind: kinds.time,
    leftOut: null,
    output: { description: 'When it was taken out of every aggregate; null when it counts.' },
  },
  voidReason: {
    kind: kinds.freeText,
    leftOut: null,
    output: { description: 'Why it was voided; null when it counts.' },
  },
  voidedBy: {
    kind: kinds.identifier,
    leftOut: null,
    output: { description: 'Who voided it; null when it counts.' },
  },
  contentHash: { kind: kinds.hash, inFiles: false },
} as const satisfies { [Field in keyof Call]: ListedField<Call[Field]> };
