/** One call, as the gateway's RecordUsageInput has it. What is left out is filled in by the client or by the gateway. */
export interface UsageCall {
  /** Idempotency key; the client makes one when it is left out, and sends it again with each retry. */
  requestId?: string | undefined;
  /** Of superusers only: the tenant of the call. */
  tenantId?: string | undefined;
  /** When the call was made; now when it is left out. */
  occurredAt?: string | Date | undefined;
  agentId?: string | undefined;
  provider?: string | undefined;
  model?: string | undefined;
  operation?: string | undefined;
  channelId?: string | undefined;
  userId?: string | undefined;
  botId?: string | undefined;
  threadId?: string | undefined;
  knowledgeBaseId?: string | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  cachedInputTokens?: number | undefined;
  cacheWriteTokens?: number | undefined;
  cacheWrite1hTokens?: number | undefined;
  reasoningTokens?: number | undefined;
  /** Quantities of whatever else is billed, by name. */
  units?: Readonly<Record<string, string | number>> | undefined;
  durationMs?: number | undefined;
  timeToFirstTokenMs?: number | undefined;
  status?: 'SUCCESS' | 'FAILED' | undefined;
  serviceTier?: string | undefined;
  tags?: Readonly<Record<string, string>> | undefined;
  /** In USD, as a string: a JavaScript number may be inexact. */
  costUsd?: string | undefined;
  metadata?: Readonly<Record<string, unknown>> | undefined;
  /** A provider's answer or its usage, instead of token counts; see `fromProvider`. */
  providerUsage?: { readonly body: Readonly<Record<string, unknown>>; readonly api?: string | undefined } | undefined;
  /** Whether the call takes the place of an earlier snapshot with the same id that had fewer output tokens. */
  replaces?: boolean | undefined;
}

/** A call that waits to be sent: its id, and its JSON. */
export interface WaitingCall {
  requestId: string;
  json: string;
}

/** Calls that are lost, and why. */
export interface Dropped {
  requestIds: readonly string[];
  reason: string;
}
