import { sql } from 'kysely';
import type { Fragment } from '../rollup/summary-sql.ts';
import { summariesFor } from './choose-summary.ts';
import { passesFilters, questionTable, type AskedQuestion } from './question-sql.ts';
import { allTenants, type Question } from './question.ts';

/** One statement for the time of the first call of every question, whatever its window says. */
export function firstCallSql(questions: readonly Question[]): Fragment {
  const asked = questions.map((question, no) => ({ no, question, pieces: [] }));
  const arms = Map.groupBy(asked, ({ question }) => `${question.tenantId === allTenants} ${isInDetail(question)}`);
  return sql.join(
    [...arms.values()].map((arm) => firstCalls(arm)),
    sql` union all `,
  );
}

const isInDetail = (question: Question) =>
  summariesFor({ question, grouping: { by: 'total' } }).DAY?.table === 'detail_summary';

function firstCalls(arm: readonly AskedQuestion[]): Fragment {
  const filters = passesFilters(arm);
  const inDetail = arm[0] && isInDetail(arm[0].question);
  return sql`
    select q.no, min(extract(epoch from first.occurred_at) * 1000) as first_ms
    from ${questionTable(arm)}
    ${inDetail ? beginInSummaries(filters) : sql``}
    cross join lateral (
      select occurred_at from usage_call
      where usage_call.tenant_id = q.tenant_id and voided_at is null ${filters}
        ${sql.raw(inDetail ? 'and occurred_at >= begin.at' : '')}
      order by occurred_at limit 1
    ) first
    group by q.no`;
}

/** A month, or a call that is not folded yet, before which there is none: rare calls are not looked for from the first on. */
const beginInSummaries = (filters: Fragment): Fragment => sql`
  cross join lateral (
    select least(
      (select min(starts_at) from detail_summary summary
        where summary.tenant_id = q.tenant_id and grain = 'MONTH' ${filters}),
      (select min(occurred_at) from (
        select * from usage_call where usage_call.tenant_id = q.tenant_id and recorded_xid >= q.mark offset 0
      ) unfolded where true ${filters})
    ) as at
  ) begin`;
