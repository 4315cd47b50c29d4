import { sql } from 'kysely';
import { dimension, isDimensionName, ledgerColumn } from '../../rollup/dimensions.ts';
import { dimensionColumns, isLocal, localUnits, ofLevel, type Level } from '../../rollup/levels.ts';
import { readsOf, summaryOfCalls, summaryOfSummaries, type Fragment } from '../../rollup/summary-sql.ts';
import { passesFilters } from './filters-sql.ts';
import type { ReportPlan, Section } from './plan-report.ts';
import {
  cross,
  groupColumns,
  groupOf,
  keysOf,
  list,
  ofOwnCoverage,
  readingOf,
  segmentsOf,
  type Reading,
  type Segments,
} from './reading-sql.ts';
import { allTenants, filteredBy } from './report-query.ts';

/** A named query of a WITH clause. */
export interface Named {
  name: string;
  query: Fragment;
}

/** Rows of one table of summaries. */
function summaryRows(reading: Reading, level: Level, segments: Segments): Fragment {
  const { section, asked, tenant } = reading;
  const { segment } = segments;
  const columns = [...dimensionColumns(level), ...section.columns.map(({ name }) => name)];
  const own = sql`
    ${sql.raw(level.table)}
    where ${sql.raw(level.table)}.tenant_id = ${tenant} ${sql.raw(ofLevel(level))} and grain = ${segment.column('grain')}
      and starts_at >= ${segment.column('from_at')} and starts_at < ${segment.column('to_at')}
      ${passesFilters(section.queries, asked, 'summaries')}`;
  const selected = sql`
    select ${groupOf(reading, 'summaries', 'starts_at')}, ${list(section.columns.map(({ name }) => name))}`;
  const from = [reading.from, segment.from].filter((one) => one !== undefined);
  if (from.length === 0) return sql`${selected} from ${own}`;
  // "offset 0": each segment by its index; the planner would read all of a tenant's summaries once for all segments.
  return sql`
    ${selected}
    from ${cross(from)}
    cross join lateral (select ${list(['starts_at', ...columns])} from ${own} offset 0) summary
    ${ofOwnCoverage(reading, segments)}`;
}

/** Columns of the ledger that a section reads. */
export const callColumns = (section: Section): string[] => {
  const keys = keysOf(section).filter(isDimensionName);
  const asked = new Set([...keys, ...section.queries.flatMap(({ query }) => filteredBy(query))]);
  return [
    ...new Set([
      'occurred_at',
      ...[...asked].map((name) => ledgerColumn(dimension(name))),
      ...readsOf(section.columns),
    ]),
  ];
};

const selectedCalls = (reading: Reading): Fragment =>
  sql`select ${sql.join([groupOf(reading, 'calls', 'occurred_at'), ...readsOf(reading.section.columns).map((column) => sql.raw(column))])}`;

/** Calls of the segments that have no summaries. */
function edgeCalls(reading: Reading, segments: Segments, besideUnfolded: boolean): Fragment {
  const { section, asked, tenant } = reading;
  const { segment } = segments;
  const inSegment = sql`
    usage_call.tenant_id = ${tenant}
      and occurred_at >= ${segment.column('from_at')} and occurred_at < ${segment.column('to_at')}`;
  const folded = besideUnfolded
    ? sql`and not exists (
        select from unfolded where unfolded.tenant_id = ${tenant} and unfolded.batch_id = usage_call.batch_id)`
    : sql``;
  const counted = sql`and voided_at is null ${passesFilters(section.queries, asked, 'calls')} ${folded}`;
  // The index by time knows the user: the calls of one are found in it before any row is read. How many those of more
  // users are is nothing that the planner foresees.
  const ofOneUser = section.queries.every(
    ({ query: { filters } }) => filters.userId?.length === 1 && filters.userId[0] !== '',
  );
  const calls = ofOneUser
    ? sql`
        (select request_id from usage_call where ${inSegment} and user_id = (${asked.column('filter_user_id')})[1] offset 0) of_user
        join usage_call on usage_call.tenant_id = ${tenant} and usage_call.request_id = of_user.request_id
      where true ${counted}`
    : sql`usage_call where ${inSegment} ${counted}`;
  const from = [reading.from, segment.from].filter((one) => one !== undefined);
  if (from.length === 0) return sql`${selectedCalls(reading)} from ${calls}`;
  return sql`
    ${selectedCalls(reading)}
    from ${cross(from)}
    cross join lateral (select ${list(callColumns(section).map((column) => `usage_call.${column}`))} from ${calls} offset 0) recorded
    ${ofOwnCoverage(reading, segments)}`;
}

/** Calls of the window that are not folded, out of those that the statement reads once. */
function unfoldedCalls(reading: Reading): Fragment {
  const { section, asked, tenant, plan } = reading;
  return sql`
    ${selectedCalls(reading)}
    from ${cross([reading.from, sql`unfolded_calls`])}
    where occurred_at >= ${asked.column('from_at')} and occurred_at < ${asked.column('to_at')}
      ${plan.scope.of === 'one' ? sql`` : sql`and unfolded_calls.tenant_id = ${tenant}`}
      ${passesFilters(section.queries, asked, 'calls')}`;
}

/** Whether each summary is a group by itself, so that there is nothing to sum: of one query, a summary a bucket. */
function rowsAreGroups({ scope }: ReportPlan, { grouping, coverages }: Section): boolean {
  const [coverage, ...otherCoverages] = coverages;
  const [segment, ...otherSegments] = coverage?.segments ?? [];
  return (
    grouping.by === 'bucket' &&
    scope.of !== 'all' &&
    otherCoverages.length + otherSegments.length === 0 &&
    segment !== undefined &&
    segment.grain !== 'CALL' &&
    segment.level?.dimensions.length === 0 &&
    (isLocal(segment.grain)
      ? localUnits[segment.grain] === grouping.bucket && segment.timezone === grouping.timezone
      : segment.grain === grouping.bucket)
  );
}

/** Whether a section has summaries to read, so that what they lack has to be read besides. */
export const readsSummaries = ({ coverages }: Section): boolean =>
  coverages.some(({ segments }) => segments.some(({ grain }) => grain !== 'CALL'));

/**
 * The groups of a section, as the last of the named queries: out of summaries, calls at the edges of its windows, and
 * calls that are not folded, as far as there can be any.
 * @param suffix what tells the names from those of another section.
 */
export function groupsSql(plan: ReportPlan, section: Section, suffix: string): Named[] {
  const reading = readingOf(plan, section);
  const edges = segmentsOf(reading, ({ grain }) => grain === 'CALL');
  const besideUnfolded = plan.hasUnfolded && readsSummaries(section);
  const read = new Map(
    section.coverages.flatMap(({ segments }) =>
      segments.flatMap(({ level }) => (level ? [[level.name, level] as const] : [])),
    ),
  );
  const stored = [...read.values()].flatMap((level) => {
    const segments = segmentsOf(reading, (segment) => segment.level?.name === level.name);
    return segments.rows.length > 0 ? [summaryRows(reading, level, segments)] : [];
  });
  const calls: Named[] = [
    ...(edges.rows.length > 0
      ? [{ name: `edge_calls${suffix}`, query: edgeCalls(reading, edges, besideUnfolded) }]
      : []),
    ...(besideUnfolded ? [{ name: `recent_calls${suffix}`, query: unfoldedCalls(reading) }] : []),
  ];
  const groups = list(groupColumns(section));
  const summed = (aggregates: Fragment, from: Fragment) => sql`
    select ${groups}, ${aggregates} from ${from} group by ${groups}`;
  const name = (of: string) => sql.raw(`${of}${suffix}`);
  const union = (rows: readonly Fragment[]) => sql.join(rows, sql` union all `);

  const ofSummaries = summaryOfSummaries({ columns: section.columns });
  const ofCalls = summaryOfCalls(section.columns);
  const summaries: Named[] = stored.length > 0 ? [{ name: `summaries${suffix}`, query: union(stored) }] : [];
  const allCalls = sql`(${union(calls.map((source) => sql`select * from ${sql.raw(source.name)}`))}) calls`;
  const own = `groups${suffix}`;
  if (calls.length === 0 && rowsAreGroups(plan, section)) return stored.map((query) => ({ name: own, query }));
  if (calls.length === 0) return [...summaries, { name: own, query: summed(ofSummaries, name('summaries')) }];
  if (summaries.length === 0) return [...calls, { name: own, query: summed(ofCalls, allCalls) }];
  const both = sql`(select * from ${name('summaries')} union all ${summed(ofCalls, allCalls)}) summaries`;
  return [...summaries, ...calls, { name: own, query: summed(ofSummaries, both) }];
}

/** The calls that the summaries lack, read once for all sections, by index whatever the planner believes. */
export function unfoldedCallsSql(plan: ReportPlan): Named {
  const columns = [
    ...(plan.scope.of === 'one' ? [] : ['tenant_id']),
    ...new Set(plan.sections.filter(readsSummaries).flatMap(callColumns)),
  ];
  const { scope } = plan;
  const tenantIds = [
    ...new Set(
      plan.sections.flatMap(({ queries }) =>
        queries.flatMap(({ query: { tenantId } }) => (tenantId === allTenants ? [] : [tenantId])),
      ),
    ),
  ];
  const tenant = scope.of === 'one' ? sql`${scope.tenantId}` : sql`unfolded.tenant_id`;
  const whose =
    scope.of === 'one'
      ? sql`unfolded.tenant_id = ${tenant} and `
      : scope.of === 'some'
        ? sql`unfolded.tenant_id = any(${tenantIds}::text[]) and `
        : sql``;
  return {
    name: 'unfolded_calls',
    query: sql`
      select recorded.*
      from unfolded
      cross join lateral (
        select ${list(columns)} from usage_call
        where usage_call.tenant_id = ${tenant} and usage_call.batch_id = unfolded.batch_id and voided_at is null
        offset 0
      ) recorded
      where ${whose}unfolded.calls > 0`,
  };
}
