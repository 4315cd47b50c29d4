import { sql } from 'kysely';
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
 * of recording. Keys must be distinct. Tenants that calls may create are created by the same statement; other calls are
 * stored only where there is a tenant. With the revision of the prices that were used, nothing is stored once there is
 * another.
 */
export async function insertCalls(
  em: SqlEntityManager,
  calls: readonly NewCall[],
  priceRevision?: number,
): Promise<(CallKey & { recordedAt: Date })[]> {
  const created = new Set(calls.flatMap((call) => (call.mayCreateTenant ? call.tenantId : [])));
  const expected = new Set(calls.flatMap((call) => (created.has(call.tenantId) ? [] : call.tenantId)));
  const conditions = [
    ...(expected.size > 0 ? [sql`tenant_id <> all(${missingTenants(expected)})`] : []),
    ...(priceRevision === undefined ? [] : [sql`(select revision from model_price_revision) = ${priceRevision}`]),
  ];
  const { rows } = await sql<{ tenant_id: TenantId; request_id: string; recorded_ms: string }>`${marked}
    ${created.size > 0 ? withTenants(created) : sql``}
    insert into usage_call (${columns})
    select tenant_id, request_id, occurred_at, coalesce(recorded_at, now()), agent_id, provider, model, operation,
      channel_id, user_id, bot_id, thread_id, knowledge_base_id, input_tokens, output_tokens,
      coalesce(cached_input_tokens, 0), coalesce(cache_write_tokens, 0), coalesce(reasoning_tokens, 0), duration_ms,
      status, cost_usd, cost_source, price_id, decode(content_hash, 'base64'), voided_at, void_reason, voided_by,
      case when voided_at is not null then pg_current_xact_id()::text::bigint end, metadata
    from json_to_recordset(${JSON.stringify(calls.map(toRecord))}::json) as call(
      tenant_id text, request_id text, occurred_at timestamptz, recorded_at timestamptz, agent_id text, provider text,
      model text, operation text, channel_id text, user_id text, bot_id text, thread_id text, knowledge_base_id text,
      input_tokens integer, output_tokens integer, cached_input_tokens integer, cache_write_tokens integer,
      reasoning_tokens integer, duration_ms bigint, status text, cost_usd numeric, cost_source text, price_id text,
      content_hash text, voided_at timestamptz, void_reason text, voided_by text, metadata jsonb)
    ${conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``}
    -- One order for all writers, so that two batches with the same keys never wait for each other.
    order by tenant_id collate "C", request_id collate "C"
    on conflict (tenant_id, request_id) do nothing
    returning tenant_id, request_id, extract(epoch from recorded_at) * 1000 as recorded_ms`.execute(inSession(em));
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    requestId: row.request_id,
    recordedAt: new Date(Number(row.recorded_ms)),
  }));
}

const marked = sql.raw(prepared);

const withTenants = (ids: ReadonlySet<TenantId>) => sql`
  with created as (
    insert into tenant (tenant_id, name)
    select id, id from json_array_elements_text(${JSON.stringify([...ids])}::json) as id order by id collate "C"
    on conflict do nothing)`;

/**
 * Those that were deleted since the key was looked up. What a statement sees is what is committed when it may write to
 * the ledger, and whoever deletes a tenant keeps everybody from that until the commit: so the tenants that are there
 * have their calls found, or stay.
 */
const missingTenants = (ids: ReadonlySet<TenantId>) => sql`array(
  select id from json_array_elements_text(${JSON.stringify([...ids])}::json) as id
  -- Each by the key: for "not exists" all tenants would be read.
  where (select true from tenant where tenant.tenant_id = id) is null)`;

const columns = sql.raw(
  `tenant_id, request_id, occurred_at, recorded_at, agent_id, provider, model, operation, channel_id, user_id, bot_id,
   thread_id, knowledge_base_id, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens,
   reasoning_tokens, duration_ms, status, cost_usd, cost_source, price_id, content_hash, voided_at, void_reason,
   voided_by, voided_xid, metadata`,
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
  const result = await sql`
    update usage_call set voided_at = ${mark.at.toISOString()}::timestamptz, voided_by = ${mark.by},
      void_reason = ${mark.reason}, voided_xid = pg_current_xact_id()::text::bigint
    where tenant_id = ${tenantId} and request_id = ${requestId} and voided_at is null`.execute(inSession(em));
  return result.numAffectedRows === 1n;
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
