import { sql, type QueryExecutorProvider } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import { tagOf, type DimensionName } from '../rollup/dimensions.ts';
import { keptLevels } from '../rollup/kept-levels.ts';
import { BeyondRetentionError } from '../values/errors.ts';
import type { TenantId } from '../values/identifier.ts';
import { summariesFor } from './query/choose-summary.ts';
import type { GoneOfTenant } from './query/plan-report.ts';
import { relation } from './query/relation-sql.ts';

/**
 * Which aggregations cannot be answered, by their number, each with the reason: there were calls in a part of time that cannot
 * be read any more.
 */
export async function findRefused(
  db: QueryExecutorProvider,
  gone: readonly GoneOfTenant[],
): Promise<ReadonlyMap<number, BeyondRetentionError>> {
  const latest = new Map<number, GoneOfTenant>();
  for (const tenantId of new Set(gone.map((part) => part.tenantId)))
    for (const part of await withCalls(
      db,
      tenantId,
      gone.filter((part) => part.tenantId === tenantId),
    ))
      for (const no of part.aggregations) {
        // All tenants can be asked for from the latest of their horizons on.
        const known = latest.get(no);
        if (!known || known.completeFrom < part.completeFrom) latest.set(no, part);
      }
  return new Map([...latest].map(([no, part]) => [no, beyondRetention(part)]));
}

/** Those of some parts of a tenant's time, all from before its horizon, in whose hours there were calls. */
async function withCalls<Part extends { from: Date; to: Date }>(
  db: QueryExecutorProvider,
  tenantId: TenantId,
  parts: readonly Part[],
): Promise<Part[]> {
  const types = { no: 'int', from_at: 'timestamptz', to_at: 'timestamptz' };
  const rows = parts.map(({ from, to }, no) => ({ no, from_at: from.toISOString(), to_at: to.toISOString() }));
  const part = relation('part', types, rows);
  const { rows: found } = await sql<{ no: number }>`
    select ${part.column('no')} as no
    from ${part.from ?? sql`(select) one`}
    cross join lateral (
      select from tenant_summary
      where tenant_summary.tenant_id = ${tenantId} and grain = 'HOUR'
        and starts_at > ${part.column('from_at')} - interval '1 hour' and starts_at < ${part.column('to_at')}
      limit 1
    ) recorded`.execute(db);
  const numbers = new Set(found.map(({ no }) => no));
  return parts.filter((_part, no) => numbers.has(no));
}

/**
 * Checks that a window of single calls does not reach to where calls have left a tenant's ledger, or are about to.
 * @param horizon before which they have, or are; null for none.
 * @throws {BeyondRetentionError} on `from`, where there were calls.
 */
export async function assertInLedger(
  em: SqlEntityManager,
  tenantId: TenantId,
  { from, to }: { from: Date; to: Date },
  horizon: Date | null,
): Promise<void> {
  if (!horizon || from >= horizon) return;
  const part = { from, to: to < horizon ? to : horizon };
  const db = inSession(em);
  if ((await withCalls(db, tenantId, [part])).length > 0 || (await holdsCalls(db, tenantId, part)))
    throw new BeyondRetentionError(
      `Calls of the tenant '${tenantId}' from before ${horizon.toISOString()} leave its ledger, and single ones of them are nowhere else. Ask from then on.`,
      horizon,
      'from',
    );
}

async function holdsCalls(
  db: QueryExecutorProvider,
  tenantId: TenantId,
  { from, to }: { from: Date; to: Date },
): Promise<boolean> {
  const { rows } = await sql`
    select from usage_call
    where tenant_id = ${tenantId} and occurred_at >= ${from.toISOString()}::timestamptz
      and occurred_at < ${to.toISOString()}::timestamptz
    limit 1`.execute(db);
  return rows.length > 0;
}

/** Why something about calls from before a tenant's horizon is not answered, and what would help. */
export function beyondRetention({
  tenantId,
  completeFrom,
  asked,
}: Pick<GoneOfTenant, 'tenantId' | 'completeFrom' | 'asked'>): BeyondRetentionError {
  const from = completeFrom.toISOString();
  return new BeyondRetentionError(
    `Calls of the tenant '${tenantId}' from before ${from} have left the ledger, and what stayed of them does not tell this. Ask from ${from} on, or ${helpFor(asked)}.`,
    completeFrom,
    'from',
  );
}

function helpFor(asked: readonly DimensionName[]): string {
  if (asked.length === 0) return 'for windows and buckets that begin and end with whole hours of UTC';
  const tags = asked.flatMap((name) => tagOf(name) ?? []);
  const everything = keptLevels([], { hasUsers: true, tags, personalTags: [], isAwayFromUtc: true });
  const whole = "for windows and buckets of whole days, of UTC or of the tenant's time zone";
  if (summariesFor(asked, everything).DAY) return whole;
  const alone = asked.filter((name) => !summariesFor([name], everything).DAY).map((name) => `'${name}'`);
  return alone.length > 0
    ? `without ${alone.join(' and ')}`
    : `by fewer of ${asked.map((name) => `'${name}'`).join(', ')} at once, ${whole}`;
}
