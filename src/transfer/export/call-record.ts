import { formatDecimal } from '../../values/money.ts';
import { fileFields, type FileField } from '../call-file.ts';
import type { Call } from '../../recording/call.entity.ts';

type Value = string | number | Record<string, unknown> | undefined;

/** A call as a file says it, without what it has not: times in UTC to the millisecond, the cost as plain text. */
export function toRecord(call: Call): Record<FileField, Value> {
  return {
    requestId: call.requestId,
    occurredAt: call.occurredAt.toISOString(),
    agentId: call.agentId ?? undefined,
    provider: call.provider,
    model: call.model,
    operation: call.operation ?? undefined,
    channelId: call.channelId ?? undefined,
    userId: call.userId ?? undefined,
    botId: call.botId ?? undefined,
    threadId: call.threadId ?? undefined,
    knowledgeBaseId: call.knowledgeBaseId ?? undefined,
    inputTokens: call.inputTokens,
    outputTokens: call.outputTokens,
    cachedInputTokens: call.cachedInputTokens,
    cacheWriteTokens: call.cacheWriteTokens,
    reasoningTokens: call.reasoningTokens,
    durationMs: call.durationMs ?? undefined,
    status: call.status,
    costUsd: call.costUsd ? formatDecimal(call.costUsd) : undefined,
    metadata: call.metadata ?? undefined,
    recordedAt: call.recordedAt.toISOString(),
    costSource: call.costSource,
    priceId: call.priceId ?? undefined,
    voidedAt: call.voidedAt?.toISOString(),
    voidReason: call.voidReason ?? undefined,
    voidedBy: call.voidedBy ?? undefined,
  };
}

/** The cells of a call in the order of `fileFields`; what it has not is empty, metadata is JSON. */
export function toCells(call: Call): string[] {
  const record = toRecord(call);
  return fileFields.map((field) => toCell(record[field]));
}

function toCell(value: Value): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
