import { sql } from 'kysely';
import { summaryColumns, type Fragment, type SummaryColumn } from '../rollup/summary-sql.ts';
import { piecesFor, summariesFor } from './choose-summary.ts';
import { groupsSql, type GroupColumns, type Part } from './groups-sql.ts';
import { allTenants, questionKey, type Aggregation, type Dimension, type UsageOrder } from './question.ts';
import { tableSql } from './table-sql.ts';

type Numbered = Aggregation & { no: number };

/**
 * One statement for any number of aggregations. Those that group alike and are read from the same summaries share an
 * arm, in which the questions stand as a table. Rows carry the aggregation's number as `no`, and the columns that any of
 * them wants.
 */
export function aggregationSql(aggregations: readonly Aggregation[]): Fragment {
  const numbered = aggregations.map((aggregation, no) => ({ ...aggregation, no }));
  const arms = [...Map.groupBy(numbered, armKey).values()].flatMap((arm) => {
    const sameBorders = Map.groupBy(arm, ({ grouping }) => (grouping.by === 'bucket' ? grouping.borders : undefined));
    return [...sameBorders.values()];
  });
  const columns = columnsOf(numbered);
  return sql`${sql.join(
    arms.map((arm) => armSql(arm, columns)),
    sql` union all `,
  )} order by no, rank`;
}

const isSketch = (column: SummaryColumn) => column.endsWith('_sketch');

/** Sketches are most of the work: who wants none does not share an arm with who does. */
function armKey({ question, grouping, columns }: Numbered): string {
  const tables = Object.values(summariesFor({ question, grouping })).map(({ table }) => table);
  return JSON.stringify([grouping.by, question.tenantId === allTenants, tables, columns.filter(isSketch)]);
}

/** What each order ranks groups by; the names of groups are there in any case. */
const rankedBy: Record<UsageOrder, readonly SummaryColumn[]> = {
  COST_DESC: ['cost_usd'],
  CALLS_DESC: ['calls'],
  TOKENS_DESC: ['input_total', 'output_total'],
  NAME_ASC: [],
};

/** Columns that an arm reads: what is wanted, what it is ranked by, and one that is always there. */
function columnsOf(arm: readonly Numbered[]): SummaryColumn[] {
  const read = new Set<SummaryColumn>(['calls']);
  for (const { columns, grouping } of arm)
    for (const column of [...columns, ...('orderBy' in grouping ? rankedBy[grouping.orderBy] : [])]) read.add(column);
  return summaryColumns.filter((column) => read.has(column));
}

const noGroup = { key: 'null::text', detail: 'null::text', bucket: () => sql`null::int` };

const groupColumns: Record<Dimension, Omit<GroupColumns, 'bucket'> & { name: string }> = {
  agent: { key: `nullif(agent_id, '')`, detail: noGroup.detail, name: 'coalesce(agent.name, g.key)' },
  provider: { key: 'provider', detail: noGroup.detail, name: 'g.key' },
  model: { key: 'provider', detail: 'model', name: 'g.detail' },
  channel: { key: `coalesce(channel_id, 'unknown')`, detail: noGroup.detail, name: 'g.key' },
  user: { key: 'user_id', detail: noGroup.detail, name: 'g.key' },
};

/** Columns of the whole statement's rows; what the arm has not read is null. */
const selected = (arm: readonly Numbered[], columns: readonly SummaryColumn[]) => {
  const read = columnsOf(arm);
  const missing = (column: SummaryColumn) => `null::${isSketch(column) ? 'bytea' : 'numeric'} as ${column}`;
  return sql.raw(columns.map((column) => (read.includes(column) ? column : missing(column))).join(', '));
};

function armSql(arm: readonly Numbered[], all: readonly SummaryColumn[]): Fragment {
  const grouping = arm[0]?.grouping ?? { by: 'total' };
  const columns = selected(arm, all);
  if (grouping.by === 'total')
    return sql`select no, key, detail, bucket, 0::bigint as rank, ${columns} from (${groupsSql(partOf(arm, noGroup))}) g`;
  if (grouping.by === 'bucket') {
    const borders = grouping.borders.map((border) => border.toISOString());
    const bucket = (at: string) => sql`width_bucket(${sql.raw(at)}, ${borders}::timestamptz[]) - 1`;
    return sql`select no, key, detail, bucket, bucket::bigint as rank, ${columns}
      from (${groupsSql(partOf(arm, { ...noGroup, bucket }))}) g`;
  }
  return rankedSql(arm, grouping.by, columns);
}

/** Equal windows share their pieces, of which there may be thousands. */
function partOf(arm: readonly Numbered[], group: GroupColumns): Part {
  const [first] = arm;
  const pieces = new Map<string, ReturnType<typeof piecesFor>>();
  return {
    summaries: first ? summariesFor(first) : {},
    group,
    columns: columnsOf(arm),
    questions: arm.map((aggregation) => {
      const { no, question } = aggregation;
      const window = `${question.from.getTime()} ${question.to.getTime()}`;
      const shared = pieces.get(window) ?? piecesFor(aggregation);
      pieces.set(window, shared);
      return { no, question, pieces: shared };
    }),
  };
}

/** Groups of a dimension, the first ones in the order asked for. A question asked in several orders is grouped once. */
function rankedSql(arm: readonly Numbered[], dimension: Dimension, columns: Fragment): Fragment {
  const { name, ...group } = groupColumns[dimension];
  const asked = [...Map.groupBy(arm, ({ question }) => questionKey(question)).values()];
  const part = partOf(
    asked.flatMap(([first]) => first ?? []),
    { ...group, bucket: noGroup.bucket },
  );
  const read = columnsOf(arm);
  const values = Object.entries(rankedBy)
    .filter(([, by]) => by.length > 0 && by.every((column) => read.includes(column)))
    .map(([order, by]) => `when '${order}' then ${by.map((column) => `g.${column}`).join(' + ')}`);
  return sql`select no, key, detail, bucket, rank, ${columns} from (
    select asked.no, asked.first, g.key, g.detail, g.bucket, ${sql.raw(read.join(', '))}, row_number() over (
      partition by asked.no
      order by case asked.order_by ${sql.raw(values.join(' '))} end desc,
        ${sql.raw(name)} nulls last, g.key nulls last, g.detail
    ) as rank
    from (${groupsSql({ ...part, columns: read })}) g
    join ${rankingTable(asked)} on asked.grouped_no = g.no
    ${dimension === 'agent' ? agentNames(asked) : sql``}
  ) ranked
  where rank <= first`;
}

/** Names for ranking. One question looks up those of its groups; of more than one, each would look up the same again. */
function agentNames(asked: readonly (readonly Numbered[])[]): Fragment {
  const agents =
    asked.length > 1
      ? sql`(
          select agent.* from (select distinct asked.tenant_id from ${rankingTable(asked)}) tenants
          join agent on agent.tenant_id = tenants.tenant_id
          offset 0
        ) agent`
      : sql`agent`;
  return sql`left join ${agents} on agent.tenant_id = asked.tenant_id and agent.agent_id = g.key`;
}

/** The orders in which questions are asked, each with the number of the aggregation and of the grouped question. */
function rankingTable(asked: readonly (readonly Numbered[])[]): Fragment {
  const rows = asked.flatMap((same) =>
    same.map(({ no, question, grouping }) => ({
      no,
      grouped_no: same[0]?.no,
      tenant_id: question.tenantId === allTenants ? null : question.tenantId,
      ...('first' in grouping ? { first: grouping.first, order_by: grouping.orderBy } : {}),
    })),
  );
  return tableSql('asked', { no: 'int', grouped_no: 'int', tenant_id: 'text', first: 'int', order_by: 'text' }, rows);
}
