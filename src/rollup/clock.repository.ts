import { sql, type QueryExecutorProvider } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { clockNamed, clockSince, type LocalClock } from './local-clock.ts';

/**
 * The clock of a tenant's time zone from an instant on, or for all time, which the database knows from now on.
 * @param since begin of the tenant's ledger; null where no calls have left it.
 */
export async function ownClock(em: SqlEntityManager, tenantId: TenantId, since: Date | null): Promise<LocalClock> {
  const { rows } = await sql<{ timezone: string }>`
    select timezone from tenant where tenant_id = ${tenantId}`.execute(inSession(em));
  const clock = clockSince(rows[0]?.timezone ?? 'UTC', since);
  const text = (at: number) => (at === -Infinity ? '-infinity' : new Date(at).toISOString());
  const spans = clock.spans.map(({ since, offsetMs, began }) => ({
    since: text(since),
    utc_offset: `${offsetMs} milliseconds`,
    day_began: text(began.DAY),
    month_began: text(began.MONTH),
  }));
  await sql`
    insert into clock_span (name, since, utc_offset, day_began, month_began)
    select ${clock.name}::text, since, utc_offset, day_began, month_began
    from json_to_recordset(${JSON.stringify(spans)}::json)
      as span (since timestamptz, utc_offset interval, day_began timestamptz, month_began timestamptz)
    on conflict do nothing`.execute(inSession(em));
  return clock;
}

/** Clocks that the database knows, by name; those of other time zone data as they were. */
export async function findClocks(
  db: QueryExecutorProvider,
  names: Iterable<string>,
): Promise<ReadonlyMap<string, LocalClock>> {
  const clocks = new Map<string, LocalClock>();
  const others: string[] = [];
  for (const name of new Set(names)) {
    const known = clockNamed(name);
    if (known) clocks.set(name, known);
    else others.push(name);
  }
  if (others.length === 0) return clocks;
  const { rows } = await sql<Record<'name' | 'since' | 'utc_offset' | 'day' | 'month', string>>`
    select name, extract(epoch from since) * 1000 as since, extract(epoch from utc_offset) * 1000 as utc_offset,
      extract(epoch from day_began) * 1000 as day, extract(epoch from month_began) * 1000 as month
    from clock_span where name = any(${others}::text[])
    order by name, clock_span.since`.execute(db);
  for (const [name, spans] of Map.groupBy(rows, (row) => row.name))
    clocks.set(name, {
      name,
      timezone: name.split(' ')[0] ?? name,
      spans: spans.map((span) => ({
        since: Number(span.since),
        offsetMs: Number(span.utc_offset),
        began: { DAY: Number(span.day), MONTH: Number(span.month) },
      })),
    });
  return clocks;
}
