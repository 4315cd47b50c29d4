import type { AddedFields } from '../recording/field-groups.ts';
import type { CallInput } from '../recording/validate-call.ts';

export type Format = 'csv' | 'ndjson';

/** The format that a file's name tells, gzipped or not; undefined when it tells none. */
export function formatOfName(file: string): Format | undefined {
  const name = file.toLowerCase().replace(/\.gz$/, '');
  if (name.endsWith('.csv')) return 'csv';
  return name.endsWith('.ndjson') || name.endsWith('.jsonl') ? 'ndjson' : undefined;
}

/** What a caller says about a call; the tenant is named once for the whole file. */
export type CallField = Exclude<keyof CallInput, 'tenantId' | 'added'>;

/** What a file may say about a call: with what the gateway added to it, in a file that was exported. */
export type FileField = CallField | keyof AddedFields;

const names: Record<FileField, true> = {
  requestId: true,
  occurredAt: true,
  agentId: true,
  provider: true,
  model: true,
  operation: true,
  channelId: true,
  userId: true,
  botId: true,
  threadId: true,
  knowledgeBaseId: true,
  inputTokens: true,
  outputTokens: true,
  cachedInputTokens: true,
  cacheWriteTokens: true,
  reasoningTokens: true,
  durationMs: true,
  status: true,
  costUsd: true,
  metadata: true,
  recordedAt: true,
  costSource: true,
  priceId: true,
  voidedAt: true,
  voidReason: true,
  voidedBy: true,
};

export const isFileField = (name: string): name is FileField => Object.hasOwn(names, name);
/** Every field, in the order of an exported file's columns. */
export const fileFields: readonly FileField[] = Object.keys(names).filter(isFileField);
