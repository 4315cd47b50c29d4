import { sql, type RawBuilder } from 'kysely';
import { isoSql, tellingSql } from '../outbox/telling-sql.ts';
import type { NotificationEvent } from '../outbox/notification-event.ts';
import { beginningOfTotal } from './budget-period.ts';

/**
 * CTEs that follow one with rows that were added to budget_event, all columns of which it may have: they tell of these
 * rows, in the order of their thresholds.
 */
export const toldSql = (events: string, event: NotificationEvent): RawBuilder<unknown> => {
  const of = sql.table(events);
  const news = `${events}_news`;
  const column = (name: string) => sql`to_jsonb(${of}) ->> ${sql.lit(name)}`;
  return sql`, ${sql.table(news)} as (
      select ${of}.tenant_id, ${sql.lit(event)}::text as event, ${of}.event_id as key, ${of}.at, (${column('threshold')})::numeric as place,
        jsonb_build_object('budgetId', budget.budget_id, 'name', budget.name, 'metric', budget.metric,
          'period', budget.period, 'value', nullif(${of}.value, ''),
          'threshold', (${column('threshold')})::float8, 'spent', trim_scale(${of}.spent)::text,
          'limit', trim_scale((${column('limit_amount')})::numeric)::text,
          'usual', trim_scale((${column('usual')})::numeric)::text,
          'periodStart', ${isoSql(sql`nullif(${of}.period_start, ${sql.lit(beginningOfTotal.toISOString())}::timestamptz)`)}
        ) as data
      from ${of}
      join budget on budget.tenant_id = ${of}.tenant_id and budget.budget_id = ${of}.budget_id
    ), ${sql.table(`${events}_told`)} as (${tellingSql(news)})`;
};
