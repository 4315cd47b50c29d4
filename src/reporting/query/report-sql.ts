import { sql } from 'kysely';
import { dimension } from '../../rollup/dimensions.ts';
import type { SummaryColumn } from '../../rollup/measures.ts';
import type { Fragment } from '../../rollup/summary-sql.ts';
import { rankedBy, type ReportPlan, type Section } from './plan-report.ts';
import { relation } from './relation-sql.ts';
import { allTenants, type UsageOrder } from './report-query.ts';
import { groupDimensions } from './reading-sql.ts';
import { groupsSql, readsSummaries, unfoldedCallsSql, type Named } from './sources-sql.ts';

/**
 * One statement for all aggregations of a plan. Rows carry the aggregation's number as `no`, keys of groups as `key_1`
 * and so on, the number of the bucket, the place among the groups as `rank`, and the columns that any of them wants.
 */
export function reportSql(plan: ReportPlan): Fragment {
  const { sections } = plan;
  const several = sections.length > 1;
  const named: Named[] = [];
  if (plan.hasUnfolded && sections.some(readsSummaries)) named.push(unfoldedCallsSql(plan));
  const answers: Fragment[] = [];
  const shape = shapeOf(sections);
  for (const [index, section] of sections.entries()) {
    const suffix = several ? `_${index + 1}` : '';
    named.push(...groupsSql(plan, section, suffix));
    answers.push(answer(plan, section, `groups${suffix}`, shape));
  }
  // What is read in two places is written down once; the rest the planner takes apart anyway.
  const written = named.map(
    ({ name, query }) =>
      sql`${sql.raw(name)} as ${sql.raw(name === 'unfolded_calls' ? 'materialized ' : '')}(${query})`,
  );
  return sql`with ${sql.join(written)} ${sql.join(answers, sql` union all `)}`;
}

interface Shape {
  columns: readonly SummaryColumn[];
  keys: number;
}

/** Columns of the whole statement's rows. */
function shapeOf(sections: readonly Section[]): Shape {
  const columns = new Map(sections.flatMap(({ columns }) => columns.map((column) => [column.name, column])));
  return { columns: [...columns.values()], keys: Math.max(0, ...sections.map((of) => groupDimensions(of).length)) };
}

/** Columns of a section's rows in the statement's shape; what the section has not read is null. */
function shaped(section: Section, { columns, keys }: Shape): Fragment {
  const own = groupDimensions(section).length;
  const read = new Set(section.columns.map(({ name }) => name));
  return sql.raw(
    [
      ...Array.from({ length: keys }, (_, index) => (index < own ? `key_${index + 1}` : `null as key_${index + 1}`)),
      section.grouping.by === 'bucket' ? 'bucket' : 'null::int as bucket',
      ...columns.map(({ name, type }) => (read.has(name) ? name : `null::${type} as ${name}`)),
    ].join(', '),
  );
}

function answer(plan: ReportPlan, section: Section, groups: string, shape: Shape): Fragment {
  if (section.grouping.by === 'dimensions') return rankedSql(plan, section, groups, shape);
  return sql`select no, null::bigint as rank, ${shaped(section, shape)} from ${sql.raw(groups)}`;
}

/** Names that groups are sorted by where numbers are equal, groups without a name last. */
function nameOrder(section: Section): string[] {
  return groupDimensions(section)
    .map((name, index) => ({ key: `grouped.key_${index + 1}`, name }))
    .toReversed()
    .flatMap(({ key, name }) => [
      ...(dimension(name).none === null ? [`${key} = ''`] : []),
      ...(name === 'agentId' ? [`coalesce(agent.name, ${key})`] : []),
      key,
    ]);
}

const numberOrder = (order: UsageOrder) => rankedBy[order].map((column) => `grouped.${column}`).join(' + ');

/** The first groups in the order asked for. */
function rankedSql(plan: ReportPlan, section: Section, groups: string, shape: Shape): Fragment {
  const { ranked } = section;
  const rows = ranked.map(({ aggregation: { no, query, grouping }, queryNo }) => ({
    no,
    query_no: queryNo,
    tenant_id: query.tenantId === allTenants ? null : query.tenantId,
    ...(grouping.by === 'dimensions' ? { first: grouping.first, order_by: grouping.orderBy } : {}),
  }));
  const types = { no: 'int', query_no: 'int', tenant_id: 'text', first: 'int', order_by: 'text' };
  const ranking = relation('ranking', types, rows);
  const orders = new Set(rows.flatMap(({ order_by }) => order_by ?? []));
  const byNumber = [...orders].filter((order) => rankedBy[order].length > 0);
  const [only] = byNumber;
  const number =
    orders.size === 1 && only
      ? numberOrder(only)
      : `case ranking.order_by ${byNumber.map((order) => `when '${order}' then ${numberOrder(order)}`).join(' ')} end`;
  const order = sql.raw([...(only ? [`${number} desc`] : []), ...nameOrder(section)].join(', '));
  const tenant = plan.scope.of === 'one' ? sql`${plan.scope.tenantId}` : ranking.column('tenant_id');
  const from = sql`
    ${sql.raw(groups)} grouped
    ${ranking.from ? sql`join ${ranking.from} on ranking.query_no = grouped.no` : sql``}
    ${groupDimensions(section).includes('agentId') ? agentNames(section, tenant) : sql``}`;
  const rank = sql`row_number() over (${sql.raw(ranking.from ? 'partition by ranking.no ' : '')}order by ${order}) as rank`;
  const columns = sql.raw(
    [...groupDimensions(section).map((_, index) => `key_${index + 1}`), ...section.columns.map(({ name }) => name)]
      .map((column) => `grouped.${column}`)
      .join(', '),
  );
  return sql`
    select no, rank, ${shaped(section, shape)}
    from (
      select ${ranking.column('no')} as no, ${ranking.column('first')} as first, ${rank}, ${columns} from ${from}
    ) ranked
    where rank <= first`;
}

/** Names of agents; a row of all tenants' agents would belong to several. */
function agentNames(section: Section, tenant: Fragment): Fragment {
  const position = groupDimensions(section).indexOf('agentId') + 1;
  return sql`
    left join agent on agent.tenant_id = ${tenant} and agent.agent_id = ${sql.raw(`grouped.key_${position}`)}`;
}
