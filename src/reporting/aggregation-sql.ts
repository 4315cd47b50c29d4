import { sql, type RawBuilder } from 'kysely';
import { measureNames, measures } from './measure-sql.ts';
import {
  allTenants,
  filterColumns,
  filterFields,
  possibleValues,
  questionKey,
  type Dimension,
  type FilterField,
  type Grouping,
  type Question,
} from './question.ts';

/** A question, and how its calls are grouped. */
export interface Aggregation {
  question: Question;
  grouping: Grouping;
}

type Fragment = RawBuilder<unknown>;
type Numbered<T> = T & { no: number };

/**
 * One statement for any number of aggregations. Those that group alike share an arm, in which the questions stand as a
 * table, so that its text does not depend on how many there are. Rows carry the aggregation's number as `no`.
 */
export function aggregationSql(aggregations: readonly Aggregation[]): Fragment {
  const numbered = aggregations.map((aggregation, no) => ({ no, ...aggregation }));
  const arms = [...Map.groupBy(numbered, armKey).values()].flatMap((arm) => {
    const sameBorders = Map.groupBy(arm, ({ grouping }) => (grouping.by === 'bucket' ? grouping.borders : undefined));
    return [...sameBorders.values()];
  });
  return sql`${sql.join(arms.map(armSql), sql` union all `)} order by no, rank`;
}

/** One statement for the time of the first call of every question, whatever its window says. */
export function firstCallSql(questions: readonly Question[]): Fragment {
  const numbered = questions.map((question, no) => ({ no, question }));
  const arms = [...Map.groupBy(numbered, ({ question }) => scopeOf(question)).values()].map(
    (arm) => sql`
      select q.no, extract(epoch from c.occurred_at) * 1000 as first_ms
      from ${questionTable(arm)}
      cross join lateral (
        select occurred_at from usage_call
        where ${sameTenant(arm)} and voided_at is null ${passesFilters(arm)}
        order by occurred_at limit 1
      ) c`,
  );
  return sql.join(arms, sql` union all `);
}

const scopeOf = ({ tenantId }: Question) => (tenantId === allTenants ? 'all' : 'one');

const armKey = ({ question, grouping }: Aggregation) => `${grouping.by} ${scopeOf(question)}`;

const groupColumns: Record<Dimension, { key: string; detail: string; name: string }> = {
  agent: { key: 'agent_id', detail: 'null::text', name: 'coalesce(agent.name, g.key)' },
  provider: { key: 'provider', detail: 'null::text', name: 'g.key' },
  model: { key: 'provider', detail: 'model', name: 'g.detail' },
  channel: { key: `coalesce(channel_id, 'unknown')`, detail: 'null::text', name: 'g.key' },
  user: { key: 'user_id', detail: 'null::text', name: 'g.key' },
};

function armSql(arm: readonly Numbered<Aggregation>[]): Fragment {
  const grouping = arm[0]?.grouping ?? { by: 'total' };
  if (grouping.by === 'total')
    return sql`select no, null::text as key, null::text as detail, null::int as bucket, 0::bigint as rank, ${measures}
      from (${callsOf(arm, sql`null`)}) c group by no`;
  if (grouping.by === 'bucket') {
    const borders = grouping.borders.map((border) => border.toISOString());
    return sql`select no, null::text as key, null::text as detail, bucket, bucket::bigint as rank, ${measures}
      from (${callsOf(arm, sql`width_bucket(occurred_at, ${borders}::timestamptz[]) - 1 as bucket`)}) c
      group by no, bucket`;
  }
  return rankedSql(arm, grouping.by);
}

/** Groups of a dimension, the first ones in the order asked for. A question asked in several orders is grouped once. */
function rankedSql(arm: readonly Numbered<Aggregation>[], dimension: Dimension): Fragment {
  const { key, detail, name } = groupColumns[dimension];
  const agentNames = sql`left join agent on agent.tenant_id = q.tenant_id and agent.agent_id = g.key`;
  const asked = [...Map.groupBy(arm, ({ question }) => questionKey(question)).values()];
  return sql`select no, key, detail, null::int as bucket, rank, ${measureNames} from (
    select q.no, q.first, g.key, g.detail, ${measureNames}, row_number() over (
      partition by q.no
      order by case q.order_by when 'COST_DESC' then g.cost_usd when 'CALLS_DESC' then g.calls
          when 'TOKENS_DESC' then g.input_total + g.output_total end desc,
        ${sql.raw(name)} nulls last, g.key nulls last, g.detail
    ) as rank
    from (
      select no, key, detail, ${measures}
      from (${callsOf(
        asked.flatMap(([first]) => first ?? []),
        sql.raw(`${key} as key, ${detail} as detail`),
      )}) c
      group by no, key, detail
    ) g
    join ${rankingTable(asked)} on q.of = g.no
    ${dimension === 'agent' ? agentNames : sql``}
  ) ranked
  where rank <= first`;
}

/** The orders in which questions are asked, each with the number of the aggregation and of the grouped question. */
function rankingTable(asked: readonly (readonly Numbered<Aggregation>[])[]): Fragment {
  const rows = asked.flatMap((same) =>
    same.map(({ no, question, grouping }) => ({
      no,
      of: same[0]?.no,
      tenant_id: question.tenantId === allTenants ? null : question.tenantId,
      ...('first' in grouping ? { first: grouping.first, order_by: grouping.orderBy } : {}),
    })),
  );
  return sql`json_to_recordset(${JSON.stringify(rows)}::json) as q(no int, of int, tenant_id text, first int, order_by text)`;
}

/** Calls of an arm's questions, each with the question's number and the columns that it is grouped by. */
const callsOf = (arm: readonly Numbered<Aggregation>[], grouped: Fragment): Fragment => sql`
  select q.no, ${grouped}, status, cost_usd, duration_ms, input_tokens, output_tokens,
    cached_input_tokens, reasoning_tokens
  from ${questionTable(arm)}
  join usage_call on ${sameTenant(arm)} and occurred_at >= q.from_at and occurred_at < q.to_at
  where voided_at is null ${passesFilters(arm)}`;

const parameterOf = (field: FilterField) => `q.filter_${filterFields.indexOf(field)}`;
const filterTypes = sql.raw(filterFields.map((field) => `${parameterOf(field).slice(2)} text[]`).join(', '));

function questionTable(arm: readonly Numbered<{ question: Question }>[]): Fragment {
  const rows = arm.map(({ no, question }) => ({
    no,
    tenant_id: question.tenantId === allTenants ? null : question.tenantId,
    from_at: question.from.toISOString(),
    to_at: question.to.toISOString(),
    ...Object.fromEntries(
      filterFields.flatMap((field) => {
        const values = question.filters[field];
        return values ? [[parameterOf(field).slice(2), possibleValues(values)]] : [];
      }),
    ),
  }));
  return sql`json_to_recordset(${JSON.stringify(rows)}::json) as q(no int, tenant_id text, from_at timestamptz,
    to_at timestamptz, ${filterTypes})`;
}

const sameTenant = (arm: readonly { question: Question }[]): Fragment =>
  arm[0]?.question.tenantId === allTenants ? sql`true` : sql`usage_call.tenant_id = q.tenant_id`;

function passesFilters(arm: readonly { question: Question }[]): Fragment {
  const conditions = filterFields.flatMap((field) => {
    const given = arm.map(({ question }) => question.filters[field]);
    if (!given.some(Boolean)) return [];
    const [column, parameter] = [filterColumns[field], parameterOf(field)];
    // One value in every question is an equation, on which the planner can join instead of looping over questions.
    return given.every((values) => values && possibleValues(values).length === 1)
      ? [`and ${column} = ${parameter}[1]`]
      : [`and (${parameter} is null or ${column} = any(${parameter}))`];
  });
  return sql.raw(conditions.join(' '));
}
