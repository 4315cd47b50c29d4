import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../platform/identifier.ts';
import { formatDecimal } from '../platform/money.ts';
import { CallEntity, type Call } from './call.entity.ts';
import type { NewCall } from './validate-call.ts';

export interface CallKey {
  tenantId: TenantId;
  requestId: string;
}

/**
 * Stores the calls whose keys are not in the ledger, all in one statement, and returns the keys of those with the time
 * of recording. Keys must be distinct.
 */
export async function insertCalls(
  em: SqlEntityManager,
  calls: readonly NewCall[],
): Promise<(CallKey & { recordedAt: Date })[]> {
  const { rows } = await sql<{ tenant_id: TenantId; request_id: string; recorded_ms: string }>`
    insert into usage_call (${columns})
    select tenant_id, request_id, occurred_at, agent_id, provider, model, operation, channel_id, user_id, bot_id,
      thread_id, knowledge_base_id, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens,
      reasoning_tokens, duration_ms, status, cost_usd, cost_source, decode(content_hash, 'hex'), metadata
    from json_to_recordset(${JSON.stringify(calls.map(toRecord))}::json) as call(
      tenant_id text, request_id text, occurred_at timestamptz, agent_id text, provider text, model text,
      operation text, channel_id text, user_id text, bot_id text, thread_id text, knowledge_base_id text,
      input_tokens integer, output_tokens integer, cached_input_tokens integer, cache_write_tokens integer,
      reasoning_tokens integer, duration_ms bigint, status text, cost_usd numeric, cost_source text,
      content_hash text, metadata jsonb)
    -- One order for all writers, so that two batches with the same keys never wait for each other.
    order by tenant_id, request_id
    on conflict (tenant_id, request_id) do nothing
    returning tenant_id, request_id, extract(epoch from recorded_at) * 1000 as recorded_ms`.execute(em.getKysely());
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    requestId: row.request_id,
    recordedAt: new Date(Number(row.recorded_ms)),
  }));
}

const columns = sql.raw(
  `tenant_id, request_id, occurred_at, agent_id, provider, model, operation, channel_id, user_id, bot_id,
   thread_id, knowledge_base_id, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens,
   reasoning_tokens, duration_ms, status, cost_usd, cost_source, content_hash, metadata`,
);

const toRecord = (call: NewCall) => ({
  tenant_id: call.tenantId,
  request_id: call.requestId,
  occurred_at: call.occurredAt.toISOString(),
  agent_id: call.agentId,
  provider: call.provider,
  model: call.model,
  operation: call.operation,
  channel_id: call.channelId,
  user_id: call.userId,
  bot_id: call.botId,
  thread_id: call.threadId,
  knowledge_base_id: call.knowledgeBaseId,
  input_tokens: call.inputTokens,
  output_tokens: call.outputTokens,
  cached_input_tokens: call.cachedInputTokens,
  cache_write_tokens: call.cacheWriteTokens,
  reasoning_tokens: call.reasoningTokens,
  duration_ms: call.durationMs,
  status: call.status,
  cost_usd: call.costUsd && formatDecimal(call.costUsd),
  cost_source: call.costSource,
  content_hash: Buffer.from(call.contentHash).toString('hex'),
  metadata: call.metadata,
});

/** Stored calls by key, in one statement. */
export async function findCalls(em: SqlEntityManager, keys: readonly CallKey[]): Promise<Call[]> {
  if (keys.length === 0) return [];
  const records = keys.map(({ tenantId, requestId }) => ({ tenant_id: tenantId, request_id: requestId }));
  // A join: PostgreSQL takes a second and more to plan a thousand pairs in an "in (…)".
  const { rows } = await sql<Record<string, unknown>>`
    select usage_call.*
    from json_to_recordset(${JSON.stringify(records)}::json) as key(tenant_id text, request_id text)
    join usage_call using (tenant_id, request_id)`.execute(em.getKysely());
  return rows.map((row) => em.map(CallEntity, row));
}
