import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { RecordedCall } from '../support/oracle.ts';

const columns = sql.raw(`
  tenant_id, occurred_at, agent_id, provider, model, operation, channel_id, user_id, bot_id, thread_id,
  knowledge_base_id, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, duration_ms,
  status, tags, service_tier, time_to_first_token_ms, cache_write1h_tokens, units, recorded_by, cost_usd, cost_source, price_id, content_hash, metadata`);

type Key = Pick<RecordedCall, 'tenantId' | 'requestId'>;

/** Records a call of the ledger once more under another key, in the transaction that the caller has. */
export async function copyCall(em: SqlEntityManager, { tenantId, requestId }: Key, newKey: string): Promise<void> {
  await sql`
    with batch as (select gen_random_uuid() as id), waiting as (
      insert into unfolded (tenant_id, batch_id, calls) select ${tenantId}, id, 1 from batch
    )
    insert into usage_call (request_id, ${columns}, batch_id)
    select ${newKey}, ${columns}, batch.id from usage_call cross join batch
    where tenant_id = ${tenantId} and request_id = ${requestId}`.execute(em.getKysely());
}

/** The same for a call that comes voided, as an import of an export has them. */
export async function copyVoided(em: SqlEntityManager, { tenantId, requestId }: Key, newKey: string): Promise<void> {
  await sql`
    with batch as (select gen_random_uuid() as id), waiting as (
      insert into unfolded (tenant_id, batch_id, calls) select ${tenantId}, id, 1 from batch
    )
    insert into usage_call (request_id, ${columns}, voided_at, void_reason, voided_by, batch_id, void_batch_id)
    select ${newKey}, ${columns}, now(), 'imported', 'test', batch.id, batch.id from usage_call cross join batch
    where tenant_id = ${tenantId} and request_id = ${requestId}`.execute(em.getKysely());
}
