import { sql, type RawBuilder } from 'kysely';
import { erasedUser } from '../values/erased.ts';
import { spikesSql } from './spike-sql.ts';
import { toldSql } from './told-sql.ts';
import type { Touch } from './touched-budgets.ts';
import type { Watch } from './usual-hours.ts';

const record = sql.raw(
  'no int, tenant_id text, budget_id text, period_start timestamptz, value text, counts_calls boolean',
);
const key = sql.raw('tenant_id, budget_id, period_start, value');

/** Adds to what counters have. */
export const addedUp = sql.raw(
  'spent = budget_counter.spent + excluded.spent, calls = budget_counter.calls + excluded.calls',
);

/**
 * CTEs that follow one named "stored", with the keys of calls: `counted` adds what the calls come to, and `reached` notes
 * the thresholds that this reached and the hours that became spikes, and tells of them where somebody is told. Counters are
 * locked in the order of their keys, after the calls.
 */
export function countingSql(
  touches: readonly Touch[],
  watches: readonly Watch[],
  isTold: boolean,
): RawBuilder<unknown> {
  if (touches.length === 0) return sql``;
  const watched = new Set(watches.map(({ budget_id, period_start }) => `${budget_id} ${period_start}`));
  const changesPast = touches.some(
    ({ calls, budget_id, period_start }) => calls && !watched.has(`${budget_id} ${period_start}`),
  );
  const { counters, requestIds, places, amounts } = compacted(touches);
  return sql`, counted as (
      insert into budget_counter (${key}, spent, calls)
      select counter.tenant_id, counter.budget_id, counter.period_start, counter.value, touched.amount,
        case when counter.counts_calls then touched.calls end
      from (
        select stored.tenant_id, part.no, sum(part.amount) as amount, count(*) as calls
        from stored
        join unnest(${requestIds}::text[], ${places}::int[], ${amounts}::numeric[]) as part(request_id, no, amount)
          on part.request_id = stored.request_id
        group by 1, 2
      ) touched
      join json_to_recordset(${JSON.stringify(counters)}::json) as counter(${record})
        on counter.no = touched.no and counter.tenant_id = touched.tenant_id
      order by counter.tenant_id collate "C", counter.budget_id collate "C", 3, counter.value collate "C"
      on conflict (${key}) do update set ${addedUp}
      returning ${key}, spent, calls
    ), ${reachedSql('counted', { watches, counted: changesPast ? 'counted' : undefined, isTold })}`;
}

interface Reached {
  /** Which hours may have become spikes. */
  watches?: readonly Watch[];
  /** Relation with counters that this statement has changed besides. */
  counted?: string | undefined;
  /** Whether somebody is told, which costs a little also where nobody wants to know. */
  isTold?: boolean;
}

/** Touches as arrays, whose counters are told once each: much shorter than a record for each touch, which takes long to read. */
function compacted(touches: readonly Touch[]) {
  const counters = new Map<
    string,
    Omit<Touch, 'request_id' | 'amount' | 'calls'> & { no: number; counts_calls: boolean }
  >();
  const places = touches.map(({ tenant_id, budget_id, period_start, value, calls }) => {
    const name = `${tenant_id}\n${budget_id}\n${period_start}\n${value}`;
    const found = counters.get(name);
    if (found) return found.no;
    const no = counters.size;
    counters.set(name, { no, tenant_id, budget_id, period_start, value, counts_calls: calls !== undefined });
    return no;
  });
  return {
    counters: [...counters.values()],
    places,
    requestIds: touches.map(({ request_id }) => request_id),
    amounts: touches.map(({ amount }) => amount),
  };
}

/**
 * CTEs that note, once each, the thresholds that counters of a relation have reached, and the spikes that they have become,
 * and tell of them. A limit that is not positive has no thresholds, nor do erased users.
 */
export const reachedSql = (
  relation: string,
  { watches = [], counted, isTold = true }: Reached = {},
): RawBuilder<unknown> => sql`reached as (
      insert into budget_event (${key}, threshold, event_id, at, spent, limit_amount, usual)
      select ${sql.table(relation)}.tenant_id, ${sql.table(relation)}.budget_id, ${sql.table(relation)}.period_start,
        ${sql.table(relation)}.value, threshold::numeric, gen_random_uuid()::text, now(), ${sql.table(relation)}.spent,
        budget.limit_amount, null::numeric
      from ${sql.table(relation)}
      join budget on budget.tenant_id = ${sql.table(relation)}.tenant_id
        and budget.budget_id = ${sql.table(relation)}.budget_id
      cross join lateral unnest(budget.thresholds) as threshold
      where budget.limit_amount > 0 and ${sql.table(relation)}.value <> ${sql.lit(erasedUser)} and ${sql.table(relation)}.spent >= budget.limit_amount * threshold::numeric
      ${watches.length === 0 ? sql`` : sql`union all ${spikesSql(relation, watches, counted)}`}
      on conflict (${key}, threshold) do nothing
      returning ${key}, threshold, event_id, at, spent, limit_amount, usual
    )${isTold ? toldSql('reached') : sql``}`;
