import { sql } from 'kysely';
import type { DimensionName } from '../../rollup/dimensions.ts';
import { ofLevel, optionalLevel, type Level, type OptionalLevel } from '../../rollup/levels.ts';
import type { Fragment } from '../../rollup/summary-sql.ts';
import type { TenantId } from '../../values/identifier.ts';
import { summariesFor } from './choose-summary.ts';
import { filterTypes, filterValues, passesFilters } from './filters-sql.ts';
import { relation, type Relation } from './relation-sql.ts';
import { allTenants, filteredBy, type ReportQuery } from './report-query.ts';

/** What is asked for the first call of: a query without its window. */
export type Unbounded = Pick<ReportQuery, 'tenantId' | 'filters'>;

type Numbered = Unbounded & { no: number };

/**
 * One statement for the time of the first call of every query in the ledger, with whether calls of its tenants have left.
 * @param begins where the ledgers of tenants begin that calls have left.
 */
export function firstCallSql(queries: readonly Unbounded[], begins: ReadonlyMap<TenantId, Date> = new Map()): Fragment {
  const numbered = queries.map((query, no) => ({ ...query, no }));
  const sections = Map.groupBy(numbered, (query) => `${query.tenantId === allTenants} ${summaryOf(query)?.table}`);
  return sql.join(
    [...sections.values()].map((section) => firstCalls(section, begins)),
    sql` union all `,
  );
}

const completeFrom = (tenant: Fragment): Fragment => sql`
  (select complete_from from rollup_mark begun where begun.tenant_id = ${tenant})`;

/** Months of the query's dimensions, which tell about when its calls begin; of all calls the ledger tells as fast. */
function summaryOf(query: Unbounded) {
  const names: readonly DimensionName[] = filteredBy(query);
  return names.length > 0 ? summariesFor(names, ['DETAIL_MONTH']).MONTH : undefined;
}

function firstCalls(section: readonly Numbered[], begins: ReadonlyMap<TenantId, Date>): Fragment {
  const [first] = section;
  const queries = section.map((query) => ({ query }));
  const asked = relation(
    'asked',
    {
      no: 'int',
      tenant_id: 'text',
      ...(begins.size > 0 ? { begins_at: 'timestamptz' } : {}),
      ...filterTypes(queries),
    },
    section.map((query) => ({
      no: query.no,
      tenant_id: query.tenantId === allTenants ? null : query.tenantId,
      begins_at: query.tenantId === allTenants ? null : begins.get(query.tenantId)?.toISOString(),
      ...filterValues(query),
    })),
  );
  const overAll = first?.tenantId === allTenants;
  const tenant = overAll ? sql`mark.tenant_id` : asked.column('tenant_id');
  const from = [...(overAll ? [sql`rollup_mark mark`] : []), ...(asked.from ? [asked.from] : [])];
  const summary = first && summaryOf(first);
  const notBefore = summary ? sql`and occurred_at >= ${beginInSummaries(summary, queries, asked, tenant)}` : sql``;
  const begin = overAll ? sql`mark.complete_from` : asked.column('begins_at');
  const inLedger = begins.size > 0 ? sql`and occurred_at >= coalesce(${begin}, '-infinity')` : sql``;
  const call = sql`(
    select occurred_at from usage_call
    where usage_call.tenant_id = ${tenant} and voided_at is null ${passesFilters(queries, asked, 'calls')} ${notBefore} ${inLedger}
    order by occurred_at
    limit 1
  ) call`;
  return sql`
    select ${asked.column('no')} as no, min(extract(epoch from call.occurred_at) * 1000) as first_ms,
      bool_or(${overAll ? sql`mark.complete_from` : completeFrom(tenant)} is not null) as has_left
    from ${sql.join([...from, sql`lateral ${call}`], sql` cross join `)}
    group by 1`;
}

/**
 * A month, or a call that is not folded yet, before which there is none: rare calls are not looked for from the first on.
 * Where the tenant has no months of the level, that is no help.
 */
const beginInSummaries = (
  level: Level,
  queries: readonly { query: Unbounded }[],
  asked: Relation,
  tenant: Fragment,
): Fragment => sql`
  least(
    ${level.optional.includes('MONTH') ? sql`${anyTimeWithout(optionalLevel(level, 'MONTH'), tenant)},` : sql``}
    (select min(starts_at) from ${sql.raw(level.table)}
      where ${sql.raw(level.table)}.tenant_id = ${tenant} ${sql.raw(ofLevel(level))} and grain = 'MONTH' ${passesFilters(queries, asked, 'summaries')}),
    (select min(occurred_at) from unfolded
      cross join lateral (
        select * from usage_call
        where usage_call.tenant_id = ${tenant} and usage_call.batch_id = unfolded.batch_id
        offset 0
      ) call
      where unfolded.tenant_id = ${tenant} and unfolded.calls > 0 ${passesFilters(queries, asked, 'calls')}))`;

/** Earlier than everything for a tenant that does not have an optional level; null for one that has. */
const anyTimeWithout = (level: OptionalLevel, tenant: Fragment): Fragment => sql`
  case when not exists (
    select from rollup_mark has where has.tenant_id = ${tenant} and ${level}::text = any(has.levels)
  ) then '-infinity'::timestamptz end`;
