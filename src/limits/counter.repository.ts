import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import type { Budget } from './budget.entity.ts';
import { addedUp, reachedSql } from './counter-sql.ts';
import type { Touch } from './touched-budgets.ts';
import { watchOf } from './usual-hours.ts';

const key = sql.raw('tenant_id, budget_id, period_start, value');
const inOrder = sql.raw('tenant_id collate "C", budget_id collate "C", 3, value collate "C"');
const record = sql.raw(
  'tenant_id text, budget_id text, period_start timestamptz, value text, amount numeric, calls bigint',
);

/** Takes back what calls had added to counters. */
export async function takeBack(em: SqlEntityManager, touches: readonly Touch[]): Promise<void> {
  if (touches.length === 0) return;
  await sql`
    insert into budget_counter (${key}, spent, calls)
    select ${key}, -sum(amount), -sum(calls)
    from json_to_recordset(${JSON.stringify(touches)}::json) as touched(${record})
    group by 1, 2, 3, 4
    order by ${inOrder}
    on conflict (${key}) do update set ${addedUp}`.execute(inSession(em));
}

/**
 * Takes back from counters what calls had added, and adds what they come to now; notes and tells of the thresholds that this
 * reached. Spikes are left to `noteReached`.
 */
export async function moveCounts(em: SqlEntityManager, back: readonly Touch[], forth: readonly Touch[]): Promise<void> {
  if (back.length + forth.length === 0) return;
  const moved = [...back.map((touch) => ({ ...touch, sign: -1 })), ...forth.map((touch) => ({ ...touch, sign: 1 }))];
  await sql`
    with counted as (
      insert into budget_counter (${key}, spent, calls)
      select ${key}, sum(sign * amount), sum(sign * calls)
      from json_to_recordset(${JSON.stringify(moved)}::json) as touched(${record}, sign int)
      group by 1, 2, 3, 4
      order by ${inOrder}
      on conflict (${key}) do update set ${addedUp}
      returning ${key}, spent
    ), ${reachedSql('counted')}
    select`.execute(inSession(em));
}

/** What the calls of a counter add up to. */
export interface Counted {
  spent: Decimal;
  /** Null for a budget that does not count calls. */
  calls: number | null;
}

/** Writes counters of a period of a budget that has none yet. Counting must be held up. */
export async function insertCounters(
  em: SqlEntityManager,
  { tenantId, id }: Pick<Budget, 'tenantId' | 'id'>,
  counted: readonly (Counted & { periodStart: Date; value: string })[],
): Promise<void> {
  if (counted.length === 0) return;
  const counters = counted.map(({ periodStart, value, spent, calls }) => ({
    period_start: periodStart.toISOString(),
    value,
    spent: formatDecimal(spent),
    calls,
  }));
  await sql`
    insert into budget_counter (${key}, spent, calls)
    select ${tenantId}, ${id}, period_start, value, spent, calls
    from json_to_recordset(${JSON.stringify(counters)}::json)
      as counter(period_start timestamptz, value text, spent numeric, calls bigint)`.execute(inSession(em));
}

/** Deletes the counters of a budget, to be counted again. Counting must be held up. */
export async function deleteCounters(em: SqlEntityManager, tenantId: TenantId, id: string): Promise<void> {
  await sql`delete from budget_counter where tenant_id = ${tenantId} and budget_id = ${id}`.execute(inSession(em));
}

/**
 * Notes the thresholds that a budget has reached in a period, or which of its values' hours have become spikes, and tells of
 * them.
 */
export async function noteReached(em: SqlEntityManager, budget: Budget, periodStart: Date): Promise<void> {
  await sql`
    with standing as (
      select ${key}, spent from budget_counter
      where tenant_id = ${budget.tenantId} and budget_id = ${budget.id}
        and period_start = ${periodStart.toISOString()}::timestamptz
    ), ${reachedSql('standing', { watches: budget.spikeFloor ? [watchOf(budget, periodStart)] : [] })}
    select`.execute(inSession(em));
}
