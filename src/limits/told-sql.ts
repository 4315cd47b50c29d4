import { sql, type RawBuilder } from 'kysely';
import { isoSql, tellingSql } from '../outbox/telling-sql.ts';
import type { NotificationEvent } from '../outbox/notification-event.ts';
import { beginningOfTotal } from './budget-period.ts';

const eventName = (event: NotificationEvent) => sql`${sql.lit(event)}::text`;

/** CTEs that follow one with rows that were added to budget_event: they tell of these rows, in the order of their thresholds. */
export const toldSql = (events: string): RawBuilder<unknown> => {
  const of = sql.table(events);
  const news = `${events}_news`;
  return sql`, ${sql.table(news)} as (
      select ${of}.tenant_id, case when ${of}.usual is null then ${eventName('BUDGET_THRESHOLD')} else ${eventName('SPEND_SPIKE')} end as event, ${of}.event_id as key, ${of}.at, ${of}.threshold as place,
        jsonb_build_object('budgetId', budget.budget_id, 'name', budget.name, 'metric', budget.metric,
          'period', budget.period, 'value', nullif(${of}.value, ''),
          'threshold', case when ${of}.usual is null then ${of}.threshold::float8 end, 'spent', trim_scale(${of}.spent)::text,
          'limit', trim_scale(${of}.limit_amount)::text,
          'usual', trim_scale(${of}.usual)::text,
          'periodStart', ${isoSql(sql`nullif(${of}.period_start, ${sql.lit(beginningOfTotal.toISOString())}::timestamptz)`)}
        ) as data
      from ${of}
      join budget on budget.tenant_id = ${of}.tenant_id and budget.budget_id = ${of}.budget_id
    ), ${sql.table(`${events}_told`)} as (${tellingSql(news)})`;
};
