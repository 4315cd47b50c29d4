import { sql, type RawBuilder } from 'kysely';
import { erasedUser } from '../values/erased.ts';
import type { Watch } from './usual-hours.ts';

/** How long calls of a scope must have been known until a spike can be told, in hours. */
const hoursOfHistory = 168;

const key = sql.raw('tenant_id, budget_id, period_start, value');
const record = sql.raw('tenant_id text, budget_id text, period_start timestamptz, usual_hours timestamptz[]');

/** Counters of a budget by hour as they stand, with those of a relation in place of the stored ones. */
const counters = (counted: string | undefined): RawBuilder<unknown> =>
  counted === undefined
    ? sql`budget_counter`
    : sql`(
        select ${key}, spent, calls from budget_counter stored
        where not exists (
          select from ${sql.table(counted)} fresh
          where fresh.tenant_id = stored.tenant_id and fresh.budget_id = stored.budget_id
            and fresh.period_start = stored.period_start and fresh.value = stored.value
        )
        union all
        select ${key}, spent, calls from ${sql.table(counted)}
      )`;

/**
 * SQL for what is usual at an hour: the median over the hours that tell it, from the one with the first call on, in which
 * hours without calls are zero. Null where there is less than a week of history.
 * @param of SQL of a relation with the key of the hour's counter and `usual_hours`.
 * @param counted relation with counters that this statement has changed.
 */
export function usualSql(of: string, counted?: string): RawBuilder<unknown> {
  const row = sql.raw(of);
  return sql`(
    select sum(spent) * case count(*) when 1 then 1 else 0.5 end
    from (
      select spent, row_number() over (order by spent) as place, count(*) over () as hours
      from (
        select coalesce(hour.spent, 0) as spent
        from (
          select period_start from ${counters(counted)} earlier
          where earlier.tenant_id = ${row}.tenant_id and earlier.budget_id = ${row}.budget_id
            and earlier.value = ${row}.value and earlier.calls > 0
          order by period_start limit 1
        ) first
        join unnest(${row}.usual_hours) as usual_hour(at) on usual_hour.at >= first.period_start
        left join ${counters(counted)} hour on hour.tenant_id = ${row}.tenant_id and hour.budget_id = ${row}.budget_id
          and hour.period_start = usual_hour.at and hour.value = ${row}.value
        where first.period_start <= ${row}.period_start - interval '${sql.raw(String(hoursOfHistory))} hours'
      ) usual_spent
    ) ranked
    where place in ((hours + 1) / 2, hours / 2 + 1)
  )`;
}

/** SQL for rows of events of the spikes that counters of a relation have become, of which no event tells yet. */
export const spikesSql = (relation: string, watches: readonly Watch[], counted?: string): RawBuilder<unknown> => sql`
      select tenant_id, budget_id, period_start, value, 0::numeric, gen_random_uuid()::text, now(), spent, null::numeric,
        usual
      from (
        select at_hour.*, case when spent >= spike_floor and not exists (
          select from budget_event event
          where event.tenant_id = at_hour.tenant_id and event.budget_id = at_hour.budget_id
            and event.period_start = at_hour.period_start and event.value = at_hour.value
            and event.threshold = 0
        ) then ${usualSql('at_hour', counted)} end as usual
        from (
          select counter.tenant_id, counter.budget_id, counter.period_start, counter.value, counter.spent,
            watch.usual_hours, budget.spike_factor, budget.spike_floor
          from ${sql.table(relation)} counter
          join json_to_recordset(${JSON.stringify(watches)}::json) as watch(${record})
            on watch.tenant_id = counter.tenant_id and watch.budget_id = counter.budget_id
              and watch.period_start = counter.period_start
          join budget on budget.tenant_id = counter.tenant_id and budget.budget_id = counter.budget_id
          where counter.value <> ${sql.lit(erasedUser)}
          offset 0
        ) at_hour
        -- Looked for once for each row.
        offset 0
      ) looked_at
      where spent >= spike_factor * usual`;
