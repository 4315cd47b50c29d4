import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import { CallEntity, type Call } from './call.entity.ts';
import type { CallKey } from './call.repository.ts';
import { CostRevisionEntity, type CostRevision } from './cost-revision.entity.ts';

/**
 * Between the key of a call and the number of an earlier version of it. No request can have it, as identifiers have no
 * control characters.
 */
export const versionMark = '\u001f';

/** SQL for the condition that a row of the ledger is a call as it stands, and no earlier version of one. */
export const isCurrent = sql.raw(`strpos(usage_call.request_id, chr(31)) = 0`);

/** The stored call of a key, locked until the transaction ends; undefined without it. */
export async function lockCall(em: SqlEntityManager, { tenantId, requestId }: CallKey): Promise<Call | undefined> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from usage_call where tenant_id = ${tenantId} and request_id = ${requestId} for update`.execute(
    inSession(em),
  );
  return rows[0] && em.map(CallEntity, rows[0]);
}

/** Hashes of the content that a call had in earlier versions, the oldest first. */
export async function earlierContents(em: SqlEntityManager, { tenantId, requestId }: CallKey): Promise<Buffer[]> {
  const { rows } = await sql<{ content_hash: Buffer }>`
    select content_hash from usage_call
    where tenant_id = ${tenantId} and request_id > ${requestId + versionMark} and request_id < ${`${requestId} `}
    order by recorded_at`.execute(inSession(em));
  return rows.map((row) => row.content_hash);
}

/** Moves a stored call away from its key, voided, as an earlier version, so that another one can take its place. */
export async function setAside(
  em: SqlEntityManager,
  { tenantId, requestId }: CallKey,
  { version, by, reason }: { version: number; by: string; reason: string },
): Promise<void> {
  const batch = uuidv7();
  await sql`
    with voided as (
      update usage_call
      set request_id = ${`${requestId}${versionMark}${version}`}, voided_at = now(), voided_by = ${by},
        void_reason = ${reason}, void_batch_id = ${batch}::uuid
      where tenant_id = ${tenantId} and request_id = ${requestId} and voided_at is null
      returning tenant_id
    ), waiting as (
      insert into unfolded (tenant_id, batch_id, calls) select tenant_id, ${batch}::uuid, 0 from voided
    )
    select from voided`.execute(inSession(em));
}

/** Notes what a call cost until now. */
export async function noteCost(em: SqlEntityManager, call: Call, reason: string): Promise<void> {
  await sql`
    insert into cost_revision (tenant_id, request_id, id, at, cost_usd, cost_source, price_id, reason)
    select tenant_id, request_id, ${uuidv7()}::uuid, now(), cost_usd, cost_source, price_id, ${reason}
    from usage_call where tenant_id = ${call.tenantId} and request_id = ${call.requestId}`.execute(inSession(em));
}

/** What calls cost before, the latest change first. */
export async function findCostRevisions(em: SqlEntityManager, keys: readonly CallKey[]): Promise<CostRevision[]> {
  const records = keys.map(({ tenantId, requestId }) => ({ tenant_id: tenantId, request_id: requestId }));
  const { rows } = await sql<Record<string, unknown>>`
    select cost_revision.*
    from json_to_recordset(${JSON.stringify(records)}::json) as key(tenant_id text, request_id text)
    join cost_revision using (tenant_id, request_id)
    order by cost_revision.id desc`.execute(inSession(em));
  return rows.map((row) => em.map(CostRevisionEntity, row));
}
