import { hash } from 'node:crypto';
import { formatDecimal } from '../values/money.ts';
import type { Call } from './call.entity.ts';

/** What a call says, apart from its key and its times. */
export type CallContent = Pick<
  Call,
  | 'agentId'
  | 'provider'
  | 'model'
  | 'operation'
  | 'channelId'
  | 'userId'
  | 'botId'
  | 'threadId'
  | 'knowledgeBaseId'
  | 'inputTokens'
  | 'outputTokens'
  | 'cachedInputTokens'
  | 'cacheWriteTokens'
  | 'reasoningTokens'
  | 'durationMs'
  | 'status'
  | 'costUsd'
  | 'metadata'
>;

/**
 * SHA-256 over a call's content, by which a retry is told from another call under the same key. `occurredAt` is left
 * out, since the gateway fills it in when a caller sends none, a retry's clock being later. The order of the fields is
 * part of what is stored: a new one goes to the end, and only where it is given.
 */
export function contentHash(content: CallContent): Buffer {
  const { costUsd, metadata } = content;
  const canonical = JSON.stringify([
    content.agentId,
    content.provider,
    content.model,
    content.operation,
    content.channelId,
    content.userId,
    content.botId,
    content.threadId,
    content.knowledgeBaseId,
    content.inputTokens,
    content.outputTokens,
    content.cachedInputTokens,
    content.cacheWriteTokens,
    content.reasoningTokens,
    content.durationMs,
    content.status,
    costUsd ? formatDecimal(costUsd) : null,
    metadata ? canonicalJson(metadata) : null,
  ]);
  return hash('sha256', canonical, 'buffer');
}

/** JSON with sorted keys: equal for equal objects, however they were built. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
