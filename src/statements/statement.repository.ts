import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { AdjustmentReason } from '../recording/closed-month.entity.ts';
import { callCount, cost } from '../rollup/measures.ts';
import { columnsNamed, summaryColumns } from '../rollup/summary-columns.ts';
import { UsageStats, type SummaryRow } from '../reporting/usage-stats.ts';
import type { TenantId } from '../values/identifier.ts';

/** A line of a closed statement, or with empty names that of all calls of its month. */
export interface StoredLine {
  provider: string;
  model: string;
  stats: UsageStats;
}

/** A closed statement that is read. */
export interface StatementKey {
  tenantId: TenantId;
  month: string;
}

/** What calls of a closed month, by one model and for one reason, add to another month's statement. */
export interface Adjustment {
  at: Date;
  /** The closed month. */
  month: string;
  reason: AdjustmentReason;
  provider: string;
  model: string;
  calls: bigint;
  costUsd: string;
}

const lineKey = ({ tenantId, month }: StatementKey) => JSON.stringify([tenantId, month]);

/** Lines of closed statements, those that cost most first, with some of their columns. */
export async function findLines(
  em: SqlEntityManager,
  keys: readonly StatementKey[],
  columns: readonly string[],
): Promise<StoredLine[][]> {
  const wanted = columnsNamed([...columns, callCount.column, cost.column]).map(({ name }) => name);
  const tenantIds = [...new Set(keys.map(({ tenantId }) => tenantId))];
  const months = [...new Set(keys.map(({ month }) => month))];
  const { rows } = await sql<SummaryRow & { tenant_id: TenantId; month: string; provider: string; model: string }>`
    select tenant_id, month::text as month, provider, model, ${sql.raw(wanted.join(', '))}
    from statement_line
    where tenant_id = any(${tenantIds}::text[]) and month = any(${months}::date[])
    order by tenant_id, month, cost_usd desc, provider, model`.execute(inSession(em));
  const byStatement = Map.groupBy(rows, ({ tenant_id, month }) => lineKey({ tenantId: tenant_id, month }));
  return keys.map((key) =>
    (byStatement.get(lineKey(key)) ?? []).map((row) => ({
      provider: row.provider,
      model: row.model,
      stats: new UsageStats(row, wanted),
    })),
  );
}

const columnList = sql.raw(summaryColumns.map(({ name }) => name).join(', '));
const columnDefinitions = sql.raw(summaryColumns.map(({ name, type }) => `${name} ${type}`).join(', '));

/** Lets what closes a statement take as long as it needs, and read as reports do. */
export async function readAtLength(em: SqlEntityManager): Promise<void> {
  await sql`set local statement_timeout = 0`.execute(inSession(em));
  await sql`set local enable_seqscan = off`.execute(inSession(em));
}

/** Stores the lines of a statement that is being closed. */
export async function insertLines(
  em: SqlEntityManager,
  { tenantId, month }: StatementKey,
  lines: readonly StoredLine[],
): Promise<void> {
  const records = lines.map(({ provider, model, stats }) => ({ provider, model, ...storedColumns(stats) }));
  await sql`
    insert into statement_line (tenant_id, month, provider, model, ${columnList})
    select ${tenantId}, ${month}::date, provider, model, ${columnList}
    from json_to_recordset(${JSON.stringify(records)}::json) as line(provider text, model text, ${columnDefinitions})
    on conflict do nothing`.execute(inSession(em));
}

const storedColumns = (stats: UsageStats) =>
  Object.fromEntries(
    summaryColumns.map(({ name }) => {
      const value = stats.column(name);
      return [name, Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value];
    }),
  );

/** The adjustments of closed statements. */
export async function findStatementAdjustments(
  em: SqlEntityManager,
  keys: readonly StatementKey[],
): Promise<Adjustment[][]> {
  if (keys.length === 0) return [];
  const tenantIds = [...new Set(keys.map(({ tenantId }) => tenantId))];
  const months = [...new Set(keys.map(({ month }) => month))];
  const { rows } = await sql<AdjustmentRow & { tenant_id: TenantId; statement_month: string }>`
    select tenant_id, statement_month::text as statement_month, month::text as month, reason, provider, model,
      extract(epoch from at) * 1000 as at_ms, calls, cost_usd
    from statement_adjustment
    where tenant_id = any(${tenantIds}::text[]) and statement_month = any(${months}::date[])
    order by month, provider, model, reason`.execute(inSession(em));
  const byStatement = Map.groupBy(rows, (row) => lineKey({ tenantId: row.tenant_id, month: row.statement_month }));
  return keys.map((key) => (byStatement.get(lineKey(key)) ?? []).map(toAdjustment));
}

/** The adjustments within windows that no closed statement holds yet. */
export async function findOpenAdjustments(
  em: SqlEntityManager,
  windows: readonly { tenantId: TenantId; from: Date; to: Date }[],
): Promise<Adjustment[][]> {
  if (windows.length === 0) return [];
  const records = windows.map(({ tenantId, from, to }, no) => ({ no, tenant_id: tenantId, from_at: from, to_at: to }));
  const { rows } = await sql<AdjustmentRow & { no: number }>`
    select asked.no, adjustment.month::text as month, reason, provider, model,
      extract(epoch from max(at)) * 1000 as at_ms, sum(calls) as calls, sum(cost_usd) as cost_usd
    from json_to_recordset(${JSON.stringify(records)}::json)
      as asked(no int, tenant_id text, from_at timestamptz, to_at timestamptz)
    join adjustment on adjustment.tenant_id = asked.tenant_id and at >= asked.from_at and at < asked.to_at
    join closed_month on closed_month.tenant_id = adjustment.tenant_id and closed_month.month = adjustment.month
    where closed_at is not null
    group by asked.no, adjustment.month, reason, provider, model
    order by adjustment.month, provider, model, reason`.execute(inSession(em));
  const byWindow = Map.groupBy(rows, ({ no }) => no);
  return windows.map((_, no) => (byWindow.get(no) ?? []).map(toAdjustment));
}

/**
 * Moves the adjustments of a window that no closed statement holds yet into the statement of a month, added up, and forgets
 * those of the month itself: its lines have what they changed. Both are those of the transaction's snapshot.
 */
export async function takeAdjustments(
  em: SqlEntityManager,
  { tenantId, month }: StatementKey,
  { from, to }: { from: Date; to: Date },
): Promise<Pick<Adjustment, 'calls' | 'costUsd'>[]> {
  await sql`delete from adjustment where tenant_id = ${tenantId} and month = ${month}::date`.execute(inSession(em));
  const { rows } = await sql<{ calls: string; cost_usd: string }>`
    with taken as (
      delete from adjustment using closed_month
      where adjustment.tenant_id = ${tenantId} and closed_month.tenant_id = ${tenantId}
        and closed_month.month = adjustment.month and closed_at is not null
        and at >= ${from.toISOString()}::timestamptz and at < ${to.toISOString()}::timestamptz
      returning adjustment.month, reason, provider, model, at, calls, cost_usd
    )
    insert into statement_adjustment
      (tenant_id, statement_month, adjustment_id, month, reason, provider, model, at, calls, cost_usd)
    select ${tenantId}, ${month}::date, gen_random_uuid(), month, reason, provider, model, max(at), sum(calls), sum(cost_usd)
    from taken
    group by month, reason, provider, model
    on conflict do nothing
    returning calls, cost_usd`.execute(inSession(em));
  return rows.map((row) => ({ calls: BigInt(row.calls), costUsd: row.cost_usd }));
}

interface AdjustmentRow {
  month: string;
  reason: AdjustmentReason;
  provider: string;
  model: string;
  at_ms: string;
  calls: string;
  cost_usd: string;
}

const toAdjustment = ({ at_ms, calls, cost_usd, month, reason, provider, model }: AdjustmentRow): Adjustment => ({
  at: new Date(Number(at_ms)),
  month,
  reason,
  provider,
  model,
  calls: BigInt(calls),
  costUsd: cost_usd,
});
