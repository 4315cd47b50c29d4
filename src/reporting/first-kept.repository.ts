import { sql, type QueryExecutorProvider } from 'kysely';
import { readKept } from '../rollup/kept-span.repository.ts';
import { ofLevel, optionalLevel, type Grain, type Level } from '../rollup/levels.ts';
import type { BeyondRetentionError } from '../values/errors.ts';
import type { TenantId } from '../values/identifier.ts';
import { beyondRetention } from './beyond-retention.repository.ts';
import { summariesFor } from './query/choose-summary.ts';
import { filterTypes, filterValues, passesFilters } from './query/filters-sql.ts';
import type { Unbounded } from './query/first-call-sql.ts';
import { relation } from './query/relation-sql.ts';
import { allTenants, filteredBy } from './query/report-query.ts';

/** Where the ledgers begin that calls have left, by tenant. */
export type Begins = ReadonlyMap<TenantId, Date>;

/** Where the ledgers of tenants begin that calls have left. */
export async function findBegins(
  db: QueryExecutorProvider,
  tenantIds: readonly TenantId[] | typeof allTenants,
): Promise<Begins> {
  const whose = tenantIds === allTenants ? sql`` : sql`and tenant_id = any(${tenantIds}::text[])`;
  const { rows } = await sql<{ tenant_id: TenantId; ms: string }>`
    select tenant_id, extract(epoch from complete_from) * 1000 as ms
    from rollup_mark where complete_from is not null ${whose}`.execute(db);
  return new Map(rows.map((row) => [row.tenant_id, new Date(Number(row.ms))]));
}

/** Grains by which the begin of a query's calls is told, the most exact first. */
const telling = ['HOUR', 'DAY', 'MONTH'] as const satisfies readonly Grain[];

/**
 * Begin of the hour, day or month of the first call of a query that has left the ledgers of its tenants; null for none, and the
 * reason where no summary that stayed tells.
 */
export async function findFirstKept(
  db: QueryExecutorProvider,
  query: Unbounded,
  begins: Begins,
): Promise<Date | null | BeyondRetentionError> {
  const whose = [...begins.keys()].filter((id) => query.tenantId === allTenants || query.tenantId === id);
  const asked = filteredBy(query);
  const levels = new Map<string, { level: Level; grain: Grain; tenantIds: Set<TenantId>; until: number }>();
  for (const [tenantId, spans] of await readKept(db, whose))
    for (const { until, levels: has } of spans) {
      const summaries = summariesFor(asked, has);
      const grain = telling.find((one) => summaries[one]);
      const level = grain && summaries[grain];
      const completeFrom = begins.get(tenantId) ?? until;
      if (!grain || !level) return beyondRetention({ tenantId, completeFrom, asked });
      const code = optionalLevel(level, grain);
      const read = levels.get(code) ?? { level, grain, tenantIds: new Set(), until: -Infinity };
      read.tenantIds.add(tenantId);
      levels.set(code, { ...read, until: Math.max(read.until, until.getTime()) });
    }
  let first: number | null = null;
  for (const read of levels.values()) {
    const { rows } = await sql<{ ms: string | null }>`${firstOfLevel(query, read)}`.execute(db);
    const ms = rows[0]?.ms ?? null;
    if (ms !== null) first = Math.min(first ?? Infinity, Number(ms));
  }
  return first === null ? null : new Date(first);
}

function firstOfLevel(
  query: Unbounded,
  { level, grain, tenantIds, until }: { level: Level; grain: Grain; tenantIds: ReadonlySet<TenantId>; until: number },
) {
  const asked = relation('asked', filterTypes([{ query }]), [filterValues(query)]);
  return sql`
    select min(extract(epoch from starts_at) * 1000) as ms from ${sql.raw(level.table)}
    where tenant_id = any(${[...tenantIds]}::text[]) ${sql.raw(ofLevel(level))} and grain = ${grain}
      and starts_at < ${new Date(until).toISOString()}::timestamptz ${passesFilters([{ query }], asked, 'summaries')}`;
}
