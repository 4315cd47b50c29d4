import { sql, type QueryExecutorProvider } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { findClocks } from './clock.repository.ts';
import type { OptionalLevel } from './levels.ts';
import { clockUntil, type LocalClock } from './local-clock.ts';

/** What stayed of calls that left the ledger together: those from the span before, or from ever, until `until`. */
export interface KeptSpan {
  until: Date;
  levels: readonly OptionalLevel[];
  /** None where no local days and months are known. */
  clock: LocalClock | undefined;
}

/** What stayed of the calls of tenants that left the ledger, the oldest first, by tenant. */
export async function readKept(
  db: QueryExecutorProvider,
  tenantIds: readonly TenantId[],
): Promise<ReadonlyMap<TenantId, KeptSpan[]>> {
  const { rows } = await sql<{ tenant_id: TenantId; until_ms: string; levels: OptionalLevel[]; clock: string | null }>`
    select tenant_id, extract(epoch from until) * 1000 as until_ms, levels, clock
    from kept_span where tenant_id = any(${tenantIds}::text[])
    order by tenant_id, kept_span.until`.execute(db);
  const clocks = await findClocks(
    db,
    rows.flatMap(({ clock }) => clock ?? []),
  );
  const kept = rows.map(({ tenant_id: tenantId, until_ms: ms, levels, clock }) => {
    const until = new Date(Number(ms));
    const of = clock === null ? undefined : clocks.get(clock);
    return { tenantId, span: { until, levels, clock: of && clockUntil(of, until) } };
  });
  return new Map(
    [...Map.groupBy(kept, ({ tenantId }) => tenantId)].map(([id, spans]) => [id, spans.map(({ span }) => span)]),
  );
}

/**
 * Notes what stayed of the calls of a locked tenant that leave its ledger, up to its horizon. One span goes on where the
 * last one had the same, on the clock of UTC.
 */
export async function noteKept(
  em: SqlEntityManager,
  tenantId: TenantId,
  { until, levels, clock }: { until: Date; levels: readonly OptionalLevel[]; clock: string | null },
): Promise<void> {
  const at = until.toISOString();
  await sql`
    delete from kept_span last
    where last.tenant_id = ${tenantId} and last.levels = ${levels}::text[] and last.clock is null and ${clock}::text is null
      and last.until = (select complete_from from rollup_mark where rollup_mark.tenant_id = ${tenantId})`.execute(
    inSession(em),
  );
  await sql`
    insert into kept_span (tenant_id, until, levels, clock)
    values (${tenantId}, ${at}::timestamptz, ${levels}::text[], ${clock})`.execute(inSession(em));
}
