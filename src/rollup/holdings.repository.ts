import { sql, type QueryExecutorProvider } from 'kysely';
import { escapeLiteral } from 'pg';
import type { TenantId } from '../values/identifier.ts';
import { readKept, type KeptSpan } from './kept-span.repository.ts';
import { isLocal, optionalLevels, type OptionalLevel } from './levels.ts';
import { clockNamed, type LocalClock } from './local-clock.ts';

/** What a tenant has besides its summaries, as far as a report has to know. */
export interface Holding {
  tenantId: TenantId;
  /** Whether calls wait to be folded. */
  hasUnfolded: boolean;
  /** Ascending instants, in milliseconds, of calls that summaries hold and that were voided since. */
  stale: readonly number[];
  /** Optional levels of summaries that it has. */
  levels: readonly OptionalLevel[];
  /** The clock that local days and months among them are of; none where they were made with other time zone data. */
  clock?: LocalClock | undefined;
  /** What stayed of calls that left the ledger, the oldest first; the last one ends where the ledger begins. */
  kept?: readonly KeptSpan[] | undefined;
}

export interface HoldingRow {
  tenant_id: TenantId;
  has_unfolded: boolean;
  has_voids: boolean;
  levels: OptionalLevel[];
  clock: string | null;
  /** In milliseconds; null where no calls have left the ledger. */
  complete_ms: string | null;
}

/**
 * Statement for what tenants hold, a row for each that exists, or only for those that have something where all are asked
 * for. Without parameters, so that it can go to the server with what begins a transaction.
 */
export function holdingsSql(tenantIds: readonly TenantId[] | 'all'): string {
  const waits = (which: string) =>
    `exists (select from unfolded where unfolded.tenant_id = mark.tenant_id and ${which})`;
  const listed =
    tenantIds === 'all'
      ? `mark.levels <> '{}' or mark.complete_from is not null or exists (select from unfolded where unfolded.tenant_id = mark.tenant_id)`
      : `mark.tenant_id in (${tenantIds.map((id) => escapeLiteral(id)).join(', ')})`;
  return `
    select mark.tenant_id, mark.levels, mark.clock, ${waits('calls > 0')} as has_unfolded, ${waits('calls = 0')} as has_voids,
      extract(epoch from mark.complete_from) * 1000 as complete_ms
    from rollup_mark mark
    where ${listed}`;
}

/**
 * What tenants hold, in the snapshot that the rows are of; further statements only where voids wait, and where something
 * from before a tenant's ledger is asked for.
 * @param from begin of the earliest window.
 */
export async function readHoldings(
  db: QueryExecutorProvider,
  rows: readonly HoldingRow[],
  from: Date,
): Promise<Holding[]> {
  const withVoids = rows.flatMap((row) => (row.has_voids ? [row.tenant_id] : []));
  const stale = withVoids.length > 0 ? await staleHours(db, withVoids) : new Map<TenantId, number[]>();
  const behind = rows.flatMap((row) =>
    row.complete_ms !== null && from.getTime() < Number(row.complete_ms) ? [row.tenant_id] : [],
  );
  const kept = behind.length > 0 ? await readKept(db, behind) : new Map<TenantId, KeptSpan[]>();
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    hasUnfolded: row.has_unfolded,
    stale: stale.get(row.tenant_id) ?? [],
    levels: row.levels,
    clock: row.levels.some(isLocalLevel) ? clockNamed(row.clock) : undefined,
    kept: kept.get(row.tenant_id),
  }));
}

const localLevels = new Set(optionalLevels.flatMap(({ code, grain }) => (isLocal(grain) ? [code] : [])));
const isLocalLevel = (code: OptionalLevel) => localLevels.has(code);

/** Begins of the hours of calls that summaries hold and that were voided since, by tenant. */
async function staleHours(
  db: QueryExecutorProvider,
  tenantIds: readonly TenantId[],
): Promise<ReadonlyMap<TenantId, number[]>> {
  const { rows } = await sql<{ tenant_id: TenantId; stale_ms: string[] }>`
    select void.tenant_id, array_agg(distinct extract(epoch from date_trunc('hour', occurred_at, 'UTC')) * 1000) as stale_ms
    from unfolded void
    join usage_call on usage_call.tenant_id = void.tenant_id and usage_call.void_batch_id = void.batch_id
    where void.tenant_id = any(${tenantIds}::text[]) and void.calls = 0
      and not exists (
        select from unfolded
        where unfolded.tenant_id = usage_call.tenant_id and unfolded.batch_id = usage_call.batch_id)
    group by void.tenant_id`.execute(db);
  return new Map(rows.map((row) => [row.tenant_id, row.stale_ms.map(Number)]));
}
