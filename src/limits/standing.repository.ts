import { sql, type RawBuilder } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import { erasedUser } from '../values/erased.ts';
import type { TenantId } from '../values/identifier.ts';
import { BudgetEventEntity, type Budget, type BudgetEvent } from './budget.entity.ts';
import { usualSql } from './spike-sql.ts';
import { watchOf } from './usual-hours.ts';

/** What a budget, or its values, is asked for: in a period, which is an hour for one that watches for spikes. */
interface Asked {
  budget: Budget;
  periodStart: Date;
}

/** Which values of a budget are asked for: the next ones after one, by their rank. */
export interface StandingsPage extends Asked {
  first: number;
  after: { rank: string; value: string } | null;
}

/** All numbers are exact text. */
export interface Standing {
  value: string;
  spent: string;
  /** What reservations hold. */
  reserved: string;
  /** What is usual at the hour; null for a limit, and where there is less than a week of history. */
  usual: string | null;
  /** By which values are ranked: spent, or the ratio to what would be a spike. */
  rank: string;
}

const record = sql.raw(`no int, tenant_id text, budget_id text, period_start timestamptz, usual_hours timestamptz[],
  factor numeric, floor numeric`);

const toRecord = ({ budget, periodStart }: Asked, no: number) => ({
  no,
  tenant_id: budget.tenantId,
  budget_id: budget.id,
  period_start: periodStart.toISOString(),
  usual_hours: budget.spikeFloor ? watchOf(budget, periodStart).usual_hours : null,
  factor: budget.spikeFactor?.toFixed(),
  floor: budget.spikeFloor?.toFixed(),
});

/**
 * Columns of standings, from a relation "part" with the key, `usual_hours`, `factor`, `floor`, `spent` and `reserved`. Planning
 * how to look for what is usual takes longer than all the rest, so that it is left out where nobody asks.
 */
function rankedSql(asked: readonly Asked[]): RawBuilder<unknown> {
  const usual = asked.some(({ budget }) => budget.spikeFloor)
    ? sql`case when usual_hours is not null then ${usualSql('part')} end`
    : sql`null::numeric`;
  return sql`
  select standing.*, case
    when floor is null then spent when usual is null then 0 else spent / greatest(factor * usual, floor) end as rank
  from (select part.*, ${usual} as usual from part offset 0) standing`;
}
const shown = sql.raw(
  'value, spent::text as spent, reserved::text as reserved, usual::text as usual, rank::text as shown_rank',
);

type Row = Omit<Standing, 'rank'> & { no: number; shown_rank: string };

/**
 * What budgets' values come to in a period, the highest ratio first, equal ones by value, erased ones left out; for all pages
 * in one statement.
 */
export async function listStandings(
  em: SqlEntityManager,
  pages: readonly StandingsPage[],
  now: Date,
): Promise<Standing[][]> {
  const asked = pages.map((page, no) => ({
    ...toRecord(page, no),
    take: page.first,
    after_rank: page.after?.rank,
    after_value: page.after?.value,
  }));
  const { rows } = await sql<Row>`
    with q as (
      select * from json_to_recordset(${JSON.stringify(asked)}::json) as q(${record}, take int, after_rank numeric,
        after_value text)
    ), counted as (
      select q.no, value, spent, 0 as reserved from q
      join budget_counter counter on counter.tenant_id = q.tenant_id and counter.budget_id = q.budget_id
        and counter.period_start = q.period_start
      union all
      select q.no, value, 0, amount from q
      join budget_hold hold on hold.tenant_id = q.tenant_id and hold.budget_id = q.budget_id
        and hold.expires_at > ${now.toISOString()}::timestamptz
    ), part as (
      select q.*, value, counted.spent, counted.reserved from q
      join (select no, value, sum(spent) as spent, sum(reserved) as reserved from counted group by no, value) counted
        on counted.no = q.no
    ), ranked as (${rankedSql(pages)}), placed as (
      select *, row_number() over (partition by no order by rank desc, value) as place from ranked
      where value <> ${sql.lit(erasedUser)}
        and (after_rank is null or rank < after_rank or rank = after_rank and value > after_value)
    )
    select no, ${shown} from placed where place <= take order by no, place`.execute(inSession(em));
  const lists: Standing[][] = pages.map(() => []);
  for (const { no, ...row } of rows) lists[no]?.push(toStanding(row));
  return lists;
}

const toStanding = ({ value, spent, reserved, usual, shown_rank: rank }: Omit<Row, 'no'>): Standing => ({
  value,
  spent,
  reserved,
  usual,
  rank,
});

/** What of a budget, or one of its values, is asked for in a period. */
export interface StandingKey extends Asked {
  value: string;
}

/** How budgets, or their values, stand, in the order given, all in one statement. */
export async function findStandings(
  em: SqlEntityManager,
  tenantId: TenantId,
  keys: readonly StandingKey[],
  now: Date,
): Promise<Standing[]> {
  if (keys.length === 0) return [];
  const asked = keys.map((key, no) => ({ ...toRecord(key, no), value: key.value }));
  const { rows } = await sql<Row>`
    with part as (
      select q.*,
        coalesce((
          select spent from budget_counter counter
          where counter.tenant_id = ${tenantId} and counter.budget_id = q.budget_id
            and counter.period_start = q.period_start and counter.value = q.value
        ), 0) as spent,
        coalesce((
          select sum(amount) from budget_hold hold
          where hold.tenant_id = ${tenantId} and hold.budget_id = q.budget_id
            and hold.value = q.value and hold.expires_at > ${now.toISOString()}::timestamptz
        ), 0) as reserved
      from json_to_recordset(${JSON.stringify(asked)}::json) as q(${record}, value text)
    ), ranked as (${rankedSql(keys)})
    select no, ${shown} from ranked order by no`.execute(inSession(em));
  return rows.map(toStanding);
}

/** Events of a tenant, or of one of its budgets, newest first, as many as asked for. */
export async function listBudgetEvents(
  em: SqlEntityManager,
  tenantId: TenantId,
  {
    budgetId,
    first,
    after,
  }: { budgetId: string | undefined; first: number; after: { at: Date; id: string } | undefined },
): Promise<BudgetEvent[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from budget_event
    where tenant_id = ${tenantId}
      ${budgetId === undefined ? sql`` : sql`and budget_id = ${budgetId}`}
      ${after ? sql`and (at, event_id) < (${after.at.toISOString()}::timestamptz, ${after.id})` : sql``}
    order by at desc, event_id desc limit ${first}`.execute(inSession(em));
  return rows.map((row) => em.map(BudgetEventEntity, row));
}
