import { sql, type RawBuilder } from 'kysely';
import { toldSql } from './told-sql.ts';
import type { Touch } from './touched-budgets.ts';

const record = sql.raw(
  'tenant_id text, request_id text, budget_id text, period_start timestamptz, value text, amount numeric',
);
const key = sql.raw('tenant_id, budget_id, period_start, value');

/**
 * CTEs that follow one named "stored", with the keys of calls: `counted` adds what the calls come to, and `reached` notes
 * the thresholds that this reached and tells of them, where somebody is told. Counters are locked in the order of their keys, after the calls.
 */
export const countingSql = (touches: readonly Touch[], isTold: boolean): RawBuilder<unknown> =>
  touches.length === 0
    ? sql``
    : sql`, counted as (
      insert into budget_counter (${key}, spent)
      select touched.tenant_id, touched.budget_id, touched.period_start, touched.value, sum(touched.amount)
      from stored
      join json_to_recordset(${JSON.stringify(touches)}::json) as touched(${record})
        on touched.tenant_id = stored.tenant_id and touched.request_id = stored.request_id
      group by 1, 2, 3, 4
      order by touched.tenant_id collate "C", touched.budget_id collate "C", 3, touched.value collate "C"
      on conflict (${key}) do update set spent = budget_counter.spent + excluded.spent
      returning ${key}, spent
    ), ${reachedSql('counted', isTold)}`;

/**
 * CTEs that note, once each, the thresholds that counters of a relation have reached, and tell of them, which costs a little
 * also where nobody wants to know. A limit that is not positive has none.
 */
export const reachedSql = (relation: string, isTold = true): RawBuilder<unknown> => sql`reached as (
      insert into budget_event (${key}, threshold, event_id, at, spent, limit_amount)
      select ${sql.table(relation)}.tenant_id, ${sql.table(relation)}.budget_id, ${sql.table(relation)}.period_start,
        ${sql.table(relation)}.value, threshold::numeric, gen_random_uuid()::text, now(), ${sql.table(relation)}.spent,
        budget.limit_amount
      from ${sql.table(relation)}
      join budget on budget.tenant_id = ${sql.table(relation)}.tenant_id
        and budget.budget_id = ${sql.table(relation)}.budget_id
      cross join lateral unnest(budget.thresholds) as threshold
      where budget.limit_amount > 0 and ${sql.table(relation)}.spent >= budget.limit_amount * threshold::numeric
      on conflict (${key}, threshold) do nothing
      returning ${key}, threshold, event_id, at, spent, limit_amount
    )${isTold ? toldSql('reached', 'BUDGET_THRESHOLD') : sql``}`;
