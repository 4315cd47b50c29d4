import { v7 as uuidv7 } from 'uuid';
import { ValidationError } from '../values/errors.ts';
import { identifier, type AgentId, type TenantId } from '../values/identifier.ts';
import type { Decimal } from '../values/money.ts';
import { readable, type Unreadable } from '../values/unreadable.ts';
import { readCount, readTokens } from '../pricing/token-counts.ts';
import { checkAddition, type AddedFields } from './added-fields.ts';
import { unknown, type Call, type CallStatus } from './call.entity.ts';
import { canonicalJson, contentHash } from './content-hash.ts';
import { checkNotInFuture } from './not-in-future.ts';

/** A call as a caller describes it; null and undefined both mean that it was left out. */
export interface CallInput {
  requestId?: string | null | undefined;
  tenantId?: string | null | undefined;
  occurredAt?: Date | Unreadable | null | undefined;
  agentId?: string | null | undefined;
  provider?: string | null | undefined;
  model?: string | null | undefined;
  operation?: string | null | undefined;
  channelId?: string | null | undefined;
  userId?: string | null | undefined;
  botId?: string | null | undefined;
  threadId?: string | null | undefined;
  knowledgeBaseId?: string | null | undefined;
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens?: number | null | undefined;
  cacheWriteTokens?: number | null | undefined;
  reasoningTokens?: number | null | undefined;
  durationMs?: number | null | undefined;
  status?: CallStatus | null | undefined;
  costUsd?: Decimal | Unreadable | null | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  /** Of a call that comes back from an export. */
  added?: AddedFields | undefined;
}

/** A call that may be stored. */
export interface NewCall extends Omit<Call, 'recordedAt'> {
  /** When it was recorded before, elsewhere; null for now. */
  recordedAt: Date | null;
  /** Whether its cost stands as it is, null included; otherwise a price is looked for. */
  costIsFinal: boolean;
  /** Whether its tenant is created where there is none. */
  mayCreateTenant: boolean;
  /** Whether the caller said when the call was made; a retry may leave it out. */
  occurredAtGiven: boolean;
}

export const maxMetadataBytes = 8 * 1024;
const maxMetadataDepth = 100;

/**
 * Checks a call against the ledger's rules and fills in what was left out.
 * @throws {ValidationError} naming the first field that breaks a rule.
 */
export function validateCall(input: CallInput, tenantId: TenantId, now: Date): NewCall {
  const text = (field: keyof CallInput & TextField) => optionalIdentifier(input[field], field);
  const occurredAt = readable(input.occurredAt, 'occurredAt');
  if (occurredAt) checkNotInFuture(occurredAt, 'occurredAt', now);
  const addition = checkAddition(readable(input.costUsd, 'costUsd') ?? null, input.added ?? {}, now);
  const content = {
    agentId: text('agentId') as AgentId | null,
    provider: text('provider') ?? unknown,
    model: text('model') ?? unknown,
    operation: text('operation'),
    channelId: text('channelId'),
    userId: text('userId'),
    botId: text('botId'),
    threadId: text('threadId'),
    knowledgeBaseId: text('knowledgeBaseId'),
    ...readTokens(input),
    durationMs: readCount(input.durationMs, 'durationMs', Number.MAX_SAFE_INTEGER),
    status: input.status ?? 'SUCCESS',
    // As the caller sent it: a cost that the gateway computed is no part of the content.
    costUsd: addition.costSource === 'CALLER' ? addition.costUsd : null,
    metadata: metadata(input.metadata),
  };
  // Written out, as spreading so many fields costs more than all checks together.
  return {
    tenantId,
    mayCreateTenant: false,
    requestId: text('requestId') ?? `req_${uuidv7()}`,
    occurredAt: occurredAt ?? now,
    occurredAtGiven: occurredAt !== undefined,
    recordedAt: addition.recordedAt,
    agentId: content.agentId,
    provider: content.provider,
    model: content.model,
    operation: content.operation,
    channelId: content.channelId,
    userId: content.userId,
    botId: content.botId,
    threadId: content.threadId,
    knowledgeBaseId: content.knowledgeBaseId,
    inputTokens: content.inputTokens,
    outputTokens: content.outputTokens,
    cachedInputTokens: content.cachedInputTokens,
    cacheWriteTokens: content.cacheWriteTokens,
    reasoningTokens: content.reasoningTokens,
    durationMs: content.durationMs,
    status: content.status,
    costUsd: addition.costUsd,
    costSource: addition.costSource,
    costIsFinal: addition.costIsFinal,
    priceId: addition.priceId,
    contentHash: contentHash(content),
    voidedAt: addition.voidedAt,
    voidReason: addition.voidReason,
    voidedBy: addition.voidedBy,
    metadata: content.metadata,
  };
}

type TextField =
  | 'requestId'
  | 'agentId'
  | 'provider'
  | 'model'
  | 'operation'
  | 'channelId'
  | 'userId'
  | 'botId'
  | 'threadId'
  | 'knowledgeBaseId';

const optionalIdentifier = (value: string | null | undefined, field: string) =>
  value === null || value === undefined ? null : identifier(value, field);

function metadata(value: Record<string, unknown> | null | undefined): Record<string, unknown> | null {
  if (value === null || value === undefined) return null;
  // Writing JSON is recursive, and brackets alone would overflow the stack.
  if (isDeeper(value, maxMetadataDepth))
    throw new ValidationError(`'metadata' must not nest deeper than ${maxMetadataDepth} levels`, 'metadata');
  const json = canonicalJson(value);
  if (Buffer.byteLength(json) > maxMetadataBytes)
    throw new ValidationError(`'metadata' must be at most ${maxMetadataBytes} bytes of JSON`, 'metadata');
  // JSON.stringify escapes both; PostgreSQL's jsonb holds neither.
  if (/(?<!\\)(\\\\)*\\u(0000|d[89a-f])/i.test(json))
    throw new ValidationError("'metadata' must not contain NUL characters or lone surrogates", 'metadata');
  return value;
}

function isDeeper(value: object, levels: number): boolean {
  let inside: object[] = [value];
  for (let level = 0; level < levels; level++)
    inside = inside.flatMap((part) =>
      Object.values(part).filter((child) => child !== null && typeof child === 'object'),
    );
  return inside.length > 0;
}
