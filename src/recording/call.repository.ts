import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal } from '../values/money.ts';
import { prepared } from '../database/prepared.ts';
import { CallEntity, type Call } from './call.entity.ts';
import type { NewCall } from './validate-call.ts';
import { inSession } from '../database/session.ts';

export interface CallKey {
  tenantId: TenantId;
  requestId: string;
}

/**
 * Stores the calls whose keys are not in the ledger, all in one statement, and returns the keys of those with the time
 * of recording. Keys must be distinct. Calls of tenants that do not exist are left out. With the revision of the prices
 * that were used, nothing is stored once there is another.
 *
 * A tenant exists for this where its anchor is (rollup_mark). What a statement sees is what is committed when it may
 * write to the ledger, and whoever deletes a tenant keeps everybody from that until the commit.
 */
export async function insertCalls(
  em: SqlEntityManager,
  calls: readonly NewCall[],
  priceRevision?: number,
): Promise<(CallKey & { recordedAt: Date })[]> {
  const tenantIds = [...new Set(calls.map(({ tenantId }) => tenantId))];
  // Of this attempt alone: a repeated one must not add to a batch that was folded meanwhile.
  const batch = uuidv7();
  const atPrices =
    priceRevision === undefined ? sql`` : sql`where (select revision from model_price_revision) = ${priceRevision}`;
  const { rows } = await sql<{ tenant_id: TenantId; request_id: string; recorded_ms: string }>`${marked}
    with existing as materialized (
      select tenant_id from rollup_mark where tenant_id = any(${tenantIds}::text[])
    ), stored as (
      insert into usage_call (${columns})
      select tenant_id, request_id, occurred_at, coalesce(recorded_at, now()), agent_id, provider, model, operation,
        channel_id, user_id, bot_id, thread_id, knowledge_base_id, input_tokens, output_tokens,
        coalesce(cached_input_tokens, 0), coalesce(cache_write_tokens, 0), coalesce(reasoning_tokens, 0), duration_ms,
        status, cost_usd, cost_source, price_id, decode(content_hash, 'base64'), voided_at, void_reason, voided_by,
        metadata, ${batch}::uuid, case when voided_at is not null then ${batch}::uuid end
      from json_to_recordset(${JSON.stringify(calls.map(toRecord))}::json) as call(
        tenant_id text, request_id text, occurred_at timestamptz, recorded_at timestamptz, agent_id text, provider text,
        model text, operation text, channel_id text, user_id text, bot_id text, thread_id text, knowledge_base_id text,
        input_tokens integer, output_tokens integer, cached_input_tokens integer, cache_write_tokens integer,
        reasoning_tokens integer, duration_ms bigint, status text, cost_usd numeric, cost_source text, price_id text,
        content_hash text, voided_at timestamptz, void_reason text, voided_by text, metadata jsonb)
      join existing using (tenant_id)
      ${atPrices}
      -- One order for all writers, so that two batches with the same keys never wait for each other.
      order by tenant_id collate "C", request_id collate "C"
      on conflict (tenant_id, request_id) do nothing
      returning tenant_id, request_id, recorded_at
    ), waiting as (
      insert into unfolded (tenant_id, batch_id, calls)
      select tenant_id, ${batch}::uuid, count(*) from stored group by tenant_id
    )
    select tenant_id, request_id, extract(epoch from recorded_at) * 1000 as recorded_ms from stored`.execute(
    inSession(em),
  );
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    requestId: row.request_id,
    recordedAt: new Date(Number(row.recorded_ms)),
  }));
}

const marked = sql.raw(prepared);

const columns = sql.raw(
  `tenant_id, request_id, occurred_at, recorded_at, agent_id, provider, model, operation, channel_id, user_id, bot_id,
   thread_id, knowledge_base_id, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens,
   reasoning_tokens, duration_ms, status, cost_usd, cost_source, price_id, content_hash, voided_at, void_reason,
   voided_by, metadata, batch_id, void_batch_id`,
);

/** What is null is left out, as are most zeros: every byte is written here and parsed there. */
const toRecord = (call: NewCall) => ({
  tenant_id: call.tenantId,
  request_id: call.requestId,
  occurred_at: call.occurredAt.toISOString(),
  recorded_at: call.recordedAt?.toISOString(),
  agent_id: call.agentId ?? undefined,
  provider: call.provider,
  model: call.model,
  operation: call.operation ?? undefined,
  channel_id: call.channelId ?? undefined,
  user_id: call.userId ?? undefined,
  bot_id: call.botId ?? undefined,
  thread_id: call.threadId ?? undefined,
  knowledge_base_id: call.knowledgeBaseId ?? undefined,
  input_tokens: call.inputTokens,
  output_tokens: call.outputTokens,
  cached_input_tokens: call.cachedInputTokens || undefined,
  cache_write_tokens: call.cacheWriteTokens || undefined,
  reasoning_tokens: call.reasoningTokens || undefined,
  duration_ms: call.durationMs ?? undefined,
  status: call.status,
  cost_usd: call.costUsd ? formatDecimal(call.costUsd) : undefined,
  cost_source: call.costSource,
  price_id: call.priceId ?? undefined,
  content_hash: call.contentHash.toString('base64'),
  voided_at: call.voidedAt?.toISOString(),
  void_reason: call.voidReason ?? undefined,
  voided_by: call.voidedBy ?? undefined,
  metadata: call.metadata ?? undefined,
});

/** Marks a call as void; false when it is void already or not there. */
export async function markVoid(
  em: SqlEntityManager,
  tenantId: TenantId,
  requestId: string,
  mark: { at: Date; by: string; reason: string },
): Promise<boolean> {
  const batch = uuidv7();
  const { rows } = await sql`
    with voided as (
      update usage_call set voided_at = ${mark.at.toISOString()}::timestamptz, voided_by = ${mark.by},
        void_reason = ${mark.reason}, void_batch_id = ${batch}::uuid
      where tenant_id = ${tenantId} and request_id = ${requestId} and voided_at is null
      returning tenant_id
    ), waiting as (
      insert into unfolded (tenant_id, batch_id, calls) select tenant_id, ${batch}::uuid, 0 from voided
    )
    select from voided`.execute(inSession(em));
  return rows.length === 1;
}

/** Stored calls by key, in one statement. */
export async function findCalls(em: SqlEntityManager, keys: readonly CallKey[]): Promise<Call[]> {
  if (keys.length === 0) return [];
  const records = keys.map(({ tenantId, requestId }) => ({ tenant_id: tenantId, request_id: requestId }));
  // A join: PostgreSQL takes a second and more to plan a thousand pairs in an "in (…)".
  const { rows } = await sql<Record<string, unknown>>`
    select usage_call.*
    from json_to_recordset(${JSON.stringify(records)}::json) as key(tenant_id text, request_id text)
    join usage_call using (tenant_id, request_id)`.execute(inSession(em));
  return rows.map((row) => em.map(CallEntity, row));
}
