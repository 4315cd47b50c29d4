import { sql } from 'kysely';
import { dimension, isDimensionName } from '../../rollup/dimensions.ts';
import type { Fragment } from '../../rollup/summary-sql.ts';
import { rankedBy, type ReportPlan, type Section } from './plan-report.ts';
import { keyNames, keysOf } from './reading-sql.ts';
import { relation, type Relation } from './relation-sql.ts';
import { allTenants, rankedGroups, type UsageOrder } from './report-query.ts';
import { namesOf, shaped, type Shape } from './row-shape.ts';

/** How the groups of a section are ranked, for each of its aggregations. */
export interface Ranking {
  /** The aggregations, a row each: number, query, how many groups, order, and where the page before ended. */
  asked: Relation;
  /** For the FROM clause: groups as `grouped`, with each aggregation that ranks them, and the names of agents. */
  from: Fragment;
  /** For the ORDER BY clause within an aggregation. */
  order: Fragment;
  /** SQL for an agent's name where it has one, otherwise its id; undefined where groups are not told apart by agent. */
  name: string | undefined;
  /** Condition that a group is behind the page before; undefined where no aggregation goes on from one. */
  behind: Fragment | undefined;
  /** For the PARTITION BY clause of the ranking; empty where there is one aggregation. */
  partition: string[];
}

/** @param groups name of what is ranked */
export function rankingOf(plan: ReportPlan, section: Section, groups: string): Ranking {
  const rows = section.ranked.map(({ aggregation: { no, query, grouping }, queryNo }) => {
    const { first, orderBy } = rankedGroups(grouping) ?? { first: 0, orderBy: 'NAME_ASC' };
    const after = grouping.by === 'page' ? grouping.after : null;
    return {
      no,
      query_no: queryNo,
      tenant_id: query.tenantId === allTenants ? null : query.tenantId,
      first,
      order_by: orderBy,
      after_number: after?.number ?? null,
      after_keys: after?.keys ?? null,
      after_name: after?.name ?? null,
    };
  });
  const goesOn = rows.some(({ after_keys }) => after_keys !== null);
  const types = {
    no: 'int',
    query_no: 'int',
    tenant_id: 'text',
    first: 'int',
    order_by: 'text',
    ...(goesOn ? { after_number: 'numeric', after_keys: 'text[]', after_name: 'text' } : {}),
  };
  const asked = relation('ranking', types, rows);
  const number = numberOf(new Set(rows.map(({ order_by }) => order_by)));
  const names = nameOrder(section, 'grouped');
  const tenant = plan.scope.of === 'one' ? sql`${plan.scope.tenantId}` : asked.column('tenant_id');
  const hasAgents = keysOf(section).includes('agentId');
  return {
    asked,
    from: sql`
      ${sql.raw(groups)} grouped
      ${asked.from ? sql`join ${asked.from} on ranking.query_no = grouped.no` : sql``}
      ${hasAgents ? agentNames(section, tenant) : sql``}`,
    order: sql.raw([...(number ? [`${number} desc`] : []), ...names].join(', ')),
    name: hasAgents ? `coalesce(agent.name, ${keyOf(section, 'agentId', 'grouped')})` : undefined,
    behind: goesOn ? behindSql(section, asked, number) : undefined,
    partition: asked.from ? ['ranking.no'] : [],
  };
}

/** SQL for the number that groups are ordered by; undefined where they all are by name. */
function numberOf(orders: ReadonlySet<UsageOrder>): string | undefined {
  const sum = (order: UsageOrder) => rankedBy[order].map((column) => `grouped.${column}`).join(' + ');
  const byNumber = [...orders].filter((order) => rankedBy[order].length > 0);
  const [only] = byNumber;
  if (only === undefined || orders.size === 1) return only === undefined ? undefined : sum(only);
  return `case ranking.order_by ${byNumber.map((order) => `when '${order}' then ${sum(order)}`).join(' ')} end`;
}

const keyOf = (section: Section, name: string, of: string) => `${of}.key_${keysOf(section).indexOf(name as never) + 1}`;

/** Names that groups are sorted by where numbers are equal, groups without a name last. */
const nameOrder = (section: Section, of: string): string[] =>
  keysOf(section)
    .map((name, index) => ({ name, key: `${of}.key_${index + 1}` }))
    .toReversed()
    .flatMap(({ name, key }) => [
      ...(hasNone(name) ? [`${key} = ''`] : []),
      ...(name === 'agentId' ? [`coalesce(agent.name, ${key})`] : []),
      key,
    ]);

/** Whether groups may be of calls that have no value and are called nothing. */
const hasNone = (name: ReturnType<typeof keysOf>[number]) => isDimensionName(name) && dimension(name).none === null;

/** The condition that a group comes after the one that ended the page before, in the order of its aggregation. */
function behindSql(section: Section, asked: Relation, number: string | undefined): Fragment {
  const [keys, name] = [asked.column('after_keys'), asked.column('after_name')];
  const place = keysOf(section)
    .map((name, index) => ({ name, key: sql`(${keys})[${sql.lit(index + 1)}]` }))
    .toReversed()
    .flatMap(({ name: of, key }) => [
      ...(hasNone(of) ? [sql`${key} = ''`] : []),
      ...(of === 'agentId' ? [name] : []),
      key,
    ]);
  const later = sql`(${sql.raw(nameOrder(section, 'grouped').join(', '))}) > (${sql.join(place)})`;
  const given = sql`${keys} is null`;
  if (number === undefined) return sql`(${given} or ${later})`;
  const ended = asked.column('after_number');
  return sql`(${given} or coalesce(${sql.raw(number)} < ${ended}, false)
    or (${sql.raw(number)} is not distinct from ${ended} and ${later}))`;
}

/** Names of agents; a row of all tenants' agents would belong to several, unless it is of one tenant. */
function agentNames(section: Section, tenant: Fragment): Fragment {
  const whose = keysOf(section).includes('tenantId') ? sql.raw(keyOf(section, 'tenantId', 'grouped')) : tenant;
  return sql`
    left join agent on agent.tenant_id = ${whose} and agent.agent_id = ${sql.raw(keyOf(section, 'agentId', 'grouped'))}`;
}

/** Columns of the groups that are ranked. */
export const groupedColumns = (section: Section): Fragment =>
  sql.raw([...keyNames(section), ...namesOf(section)].map((column) => `grouped.${column}`).join(', '));

/** The first groups in the order asked for. */
export function firstGroupsSql(plan: ReportPlan, section: Section, groups: string, shape: Shape): Fragment {
  const { asked, from, order, partition } = rankingOf(plan, section, groups);
  const within = partition.length > 0 ? `partition by ${partition.join(', ')} ` : '';
  return sql`
    select ${shaped(shape, { rank: 'rank', keys: keyNames(section), columns: namesOf(section) })}
    from (
      select ${asked.column('no')} as no, ${asked.column('first')} as first,
        row_number() over (${sql.raw(within)}order by ${order}) as rank, ${groupedColumns(section)} from ${from}
    ) ranked
    where rank <= first`;
}
