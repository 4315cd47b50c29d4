import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { inSession } from '../database/session.ts';
import { inTransaction } from '../database/transaction.ts';
import type { Call } from '../recording/call.entity.ts';
import type { PricedFields } from '../recording/priced-cost.ts';
import type { CallPlace } from '../reporting/ledger.repository.ts';
import { clockOfTenant } from '../rollup/level-sql.ts';
import type { Fragment } from '../rollup/summary-sql.ts';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';

export interface JobKey {
  tenantId: TenantId;
  jobId: string;
}

/** How far a repricing is prepared. */
export interface Job {
  priceRevision: number;
  /** The last call that was looked at. */
  after: CallPlace | undefined;
  changes: number;
  prepared: boolean;
}

/** A call, and its cost as it will be. */
export interface Change {
  call: Call;
  cost: PricedFields;
}

export async function findJob(em: SqlEntityManager, { tenantId, jobId }: JobKey): Promise<Job | undefined> {
  const { rows } = await sql<{
    price_revision: string;
    after_ms: string | null;
    after_key: string | null;
    changes: number;
    prepared: boolean;
  }>`
    select price_revision, extract(epoch from after_at) * 1000 as after_ms, after_key, changes, prepared
    from reprice_job where tenant_id = ${tenantId} and job_id = ${jobId}`.execute(inSession(em));
  const [row] = rows;
  if (!row) return undefined;
  const { after_ms: at, after_key: requestId } = row;
  return {
    priceRevision: Number(row.price_revision),
    after: at === null || requestId === null ? undefined : { occurredAt: new Date(Number(at)), requestId },
    changes: row.changes,
    prepared: row.prepared,
  };
}

/** Forgets a repricing and what was prepared of it. */
export async function forgetJob(em: SqlEntityManager, { tenantId, jobId }: JobKey): Promise<void> {
  for (const table of ['reprice_change', 'reprice_job'])
    await sql`delete from ${sql.table(table)} where tenant_id = ${tenantId} and job_id = ${jobId}`.execute(
      inSession(em),
    );
}

/** The columns of the ledger that a cost is in, as JSON. */
const costRecord = (cost: PricedFields) => ({
  cost_usd: text(cost.costUsd),
  cost_source: cost.costSource,
  price_id: cost.priceId,
  input_cost_usd: text(cost.inputCostUsd),
  cached_input_cost_usd: text(cost.cachedInputCostUsd),
  cache_write_cost_usd: text(cost.cacheWriteCostUsd),
  output_cost_usd: text(cost.outputCostUsd),
  units_cost_usd: text(cost.unitsCostUsd),
  cache_savings_usd: text(cost.cacheSavingsUsd),
  unpriced_reason: cost.unpricedReason,
});

const text = (amount: Decimal | null) => amount && formatDecimal(amount);

const costDefinition = sql.raw(`cost_usd numeric, cost_source text, price_id text, input_cost_usd numeric,
  cached_input_cost_usd numeric, cache_write_cost_usd numeric, output_cost_usd numeric, units_cost_usd numeric,
  cache_savings_usd numeric, unpriced_reason text`);

/** Commits a step of a repricing: the changes of some calls, and how far it is. */
export const saveStep = (em: SqlEntityManager, key: JobKey, job: Job, changes: readonly Change[]): Promise<void> =>
  inTransaction(em, async (em) => {
    const { tenantId, jobId } = key;
    const records = changes.map(({ call, cost }) => ({
      request_id: call.requestId,
      cost_usd_before: text(call.costUsd ?? null),
      cost_source_before: call.costSource,
      cost: costRecord(cost),
    }));
    await sql`
      insert into reprice_change (tenant_id, job_id, request_id, cost_usd_before, cost_source_before, cost)
      select ${tenantId}, ${jobId}, request_id, cost_usd_before, cost_source_before, cost
      from json_to_recordset(${JSON.stringify(records)}::json)
        as change(request_id text, cost_usd_before numeric, cost_source_before text, cost jsonb)
      on conflict do nothing`.execute(inSession(em));
    await sql`
      insert into reprice_job (tenant_id, job_id, price_revision, after_at, after_key, changes, prepared)
      values (${tenantId}, ${jobId}, ${job.priceRevision}, ${job.after?.occurredAt.toISOString() ?? null}::timestamptz,
        ${job.after?.requestId ?? null}, ${job.changes}, ${job.prepared})
      on conflict (tenant_id, job_id) do update set price_revision = excluded.price_revision,
        after_at = excluded.after_at, after_key = excluded.after_key, changes = excluded.changes,
        prepared = excluded.prepared`.execute(inSession(em));
  });

/** Keys of calls that a repricing changes, in order, behind one of them. */
export async function listChanges(
  em: SqlEntityManager,
  { tenantId, jobId }: JobKey,
  after: string,
  first: number,
): Promise<string[]> {
  const { rows } = await sql<{ request_id: string }>`
    select request_id from reprice_change
    where tenant_id = ${tenantId} and job_id = ${jobId} and request_id > ${after}
    order by request_id
    limit ${first}`.execute(inSession(em));
  return rows.map((row) => row.request_id);
}

/** Lets the statements of a transaction take as long as they need. */
export async function liftTimeLimit(em: SqlEntityManager): Promise<void> {
  await sql`set local statement_timeout = 0`.execute(inSession(em));
}

/** The calls that a repricing changes, with their tenant's clock: a FROM clause. */
export const repricedCalls = ({ tenantId, jobId }: JobKey): Fragment => sql`
  (
    select usage_call.*
    from reprice_change change
    join usage_call on usage_call.tenant_id = ${tenantId} and usage_call.request_id = change.request_id
    where change.tenant_id = ${tenantId} and change.job_id = ${jobId}
  ) repriced cross join (select ${clockOfTenant(tenantId)}) own`;

/**
 * Changes the costs of calls as prepared, those that have not changed otherwise meanwhile, and keeps what they were.
 * Returns the keys of the calls that changed.
 */
export async function applyChanges(
  em: SqlEntityManager,
  { tenantId, jobId }: JobKey,
  requestIds: readonly string[],
  reason: string,
): Promise<string[]> {
  const unchanged = sql`
    change.tenant_id = ${tenantId} and change.job_id = ${jobId} and change.request_id = any(${[...requestIds]}::text[])
      and usage_call.tenant_id = ${tenantId} and usage_call.request_id = change.request_id
      and usage_call.voided_at is null and usage_call.cost_source = change.cost_source_before
      and usage_call.cost_usd is not distinct from change.cost_usd_before`;
  await sql`
    insert into cost_revision (tenant_id, request_id, id, at, cost_usd, cost_source, price_id, reason)
    select usage_call.tenant_id, usage_call.request_id, ${uuidv7()}::uuid, now(), usage_call.cost_usd, usage_call.cost_source,
      usage_call.price_id, ${reason}
    from reprice_change change, usage_call where ${unchanged}`.execute(inSession(em));
  const { rows } = await sql<{ request_id: string }>`
    update usage_call
    set cost_usd = new.cost_usd, cost_source = new.cost_source, price_id = new.price_id,
      input_cost_usd = new.input_cost_usd, cached_input_cost_usd = new.cached_input_cost_usd,
      cache_write_cost_usd = new.cache_write_cost_usd, output_cost_usd = new.output_cost_usd,
      units_cost_usd = new.units_cost_usd, cache_savings_usd = new.cache_savings_usd,
      unpriced_reason = new.unpriced_reason
    from reprice_change change cross join lateral jsonb_to_record(change.cost) as new(${costDefinition})
    where ${unchanged}
    returning usage_call.request_id`.execute(inSession(em));
  return rows.map((row) => row.request_id);
}
