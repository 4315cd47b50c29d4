import { sql } from 'kysely';
import type { TenantId } from '../values/identifier.ts';
import { dimension, keyOfCall } from './dimensions.ts';
import {
  dimensionColumns,
  dimensionsHash,
  dimensionsOfCall,
  keyColumns,
  isLocal,
  localUnits,
  ofLevel,
  readByLevel,
  tableLevels,
  type Grain,
  type Level,
} from './levels.ts';
import type { Making } from './makings.ts';
import { summaryColumns } from './summary-columns.ts';
import {
  addToStored,
  readsOf,
  sketchEntries,
  summaryOfPreparedCalls,
  summaryOfSummaries,
  type Fragment,
} from './summary-sql.ts';

export const list = (columns: readonly string[]): Fragment => sql.raw(columns.join(', '));

/**
 * Begin of the time of a grain that an instant in `at` is in. On a tenant's own clock the row has to tell its name as
 * `clock`; the arithmetic is that of local-clock.ts.
 */
export function startOf(grain: Grain, at: string): string {
  if (!isLocal(grain)) return `date_trunc('${grain}', ${at}, 'UTC')`;
  const unit = localUnits[grain].toLowerCase();
  return `(
    select case when begins > since then begins else ${unit}_began end
    from (
      select since, ${unit}_began,
        (date_trunc('${unit}', (${at} at time zone 'UTC') + utc_offset) - utc_offset) at time zone 'UTC' as begins
      from clock_span
      where name = clock and since <= ${at}
      order by since desc
      limit 1
    ) span)`;
}

/** A column for the name of a tenant's clock, of its own time zone when it was last weighed. */
export const clockOfTenant = (tenantId: TenantId): Fragment =>
  sql`(select mark.clock from rollup_mark mark where mark.tenant_id = ${tenantId}) as clock`;

/** What rows need besides their instant for the time of a grain. */
const clockColumn = (grain: Grain): string[] => (isLocal(grain) ? ['clock'] : []);

/** Columns of a summary but the hash that it is found by. */
export const columnsOf = (level: Level): string[] => [
  'tenant_id',
  'grain',
  'starts_at',
  ...(level.tag === undefined ? [] : ['tag_name']),
  ...dimensionColumns(level),
  ...summaryColumns.map(({ name }) => name),
];

/** The constant that tells a tag's rows from those of others. */
const tagName = ({ tag }: Level): string[] => (tag === undefined ? [] : [`'${tag}'::text as tag_name`]);

export const hashOf = (level: Level) => (level.hashed ? [`${dimensionsHash(level)} as dimensions_hash`] : []);
const hashColumn = (level: Level) => (level.hashed ? ['dimensions_hash'] : []);

/** Every column of a level's table, in the order in which rows are inserted. */
export const allColumns = (level: Level): string[] => [...columnsOf(level), ...hashColumn(level)];

/** Columns of `usage_call` that summaries are made from, and what is made of a call once for all of its summaries. */
export const preparedColumns: Fragment = list([
  ...new Set(['tenant_id', 'occurred_at', ...tableLevels.flatMap(readByLevel), ...readsOf()]),
  ...sketchEntries,
]);

/** Summaries of one grain of prepared calls, a row each with all columns but the hash; of some tenants, or of all calls. */
export const ofCalls = (level: Level, grain: Grain, calls: Fragment, tenants?: readonly TenantId[]): Fragment => {
  const key = [
    'tenant_id',
    `'${grain}'::text as grain`,
    `${startOf(grain, 'occurred_at')} as starts_at`,
    ...tagName(level),
  ];
  const groups = [...key, ...dimensionsOfCall(level), ...clockColumn(grain)];
  return sql`
    select ${list(groups)}, ${summaryOfPreparedCalls} from ${calls}
    ${tenants ? sql`where tenant_id = any(${tenants}::text[])` : sql``}
    group by ${list(groups.map((_, index) => String(index + 1)))}`;
};

/** Summaries of a coarser grain out of those of a finer one. */
const ofSummaries = (level: Level, grain: Grain, finer: Fragment): Fragment => {
  const key = [
    'tenant_id',
    `'${grain}'::text as grain`,
    `${startOf(grain, 'starts_at')} as starts_at`,
    ...tagName(level),
  ];
  const groups = [...key, ...dimensionColumns(level), ...clockColumn(grain)];
  return sql`
    select ${list(groups)}, ${summaryOfSummaries({ compact: true })} from ${finer}
    group by ${list(groups.map((_, index) => String(index + 1)))}`;
};

/** Summaries of grains of the level, with all columns, of the prepared calls in `calls`, a FROM clause. */
export function summariesSql(level: Level, makings: readonly Making[], calls: Fragment): Fragment {
  const named = makings.map(({ grain, finer, tenants }) => {
    const rows = finer ? ofSummaries(level, grain, sql.raw(finer)) : ofCalls(level, grain, calls, tenants);
    return sql`${sql.raw(grain)} as (${rows})`;
  });
  const rows = makings.map(
    ({ grain }) => sql`select ${list([...columnsOf(level), ...hashOf(level)])} from ${sql.raw(grain)}`,
  );
  return sql`with ${sql.join(named)} ${sql.join(rows, sql` union all `)}`;
}

/** Adds the prepared calls in `calls` to the summaries that they belong to, of the grains that are to be made. */
export const addCallsSql = (level: Level, makings: readonly Making[], calls: Fragment): Fragment => sql`
  insert into ${sql.raw(level.table)} as stored (${list(allColumns(level))})
  ${summariesSql(level, makings, calls)}
  on conflict (${list(keyColumns(level))}) do update set ${addToStored}`;

/** What summaries of a grain are found by, of the calls in `calls`, as columns named touched_…. */
const touchedSql = (level: Level, grain: Grain, calls: Fragment): Fragment => {
  const columns = [
    `${startOf(grain, 'occurred_at')} as touched_starts_at`,
    ...level.dimensions.map((name) => `${keyOfCall(dimension(name))} as touched_${dimension(name).column}`),
    ...clockColumn(grain),
  ];
  return sql`(select distinct ${list(columns)} from ${calls}) touched`;
};

const sameDimensions = (level: Level, of: string): Fragment =>
  sql.raw(
    dimensionColumns(level)
      .map((column) => ` and ${of}${column} = touched_${column}`)
      .join('') + ofLevel(level, of),
  );

/** Removes the summaries of a grain of a tenant that the calls in `calls` belong to. */
export const deleteTouchedSql = (tenantId: TenantId, level: Level, grain: Grain, calls: Fragment): Fragment => sql`
  delete from ${sql.raw(level.table)} stored using ${touchedSql(level, grain, calls)}
  where stored.tenant_id = ${tenantId} and stored.grain = ${grain} and stored.starts_at = touched_starts_at
    ${sameDimensions(level, 'stored.')}`;

/** Makes the summaries of a grain that the calls in `calls` belong to, out of all calls that `counted` lets through. */
export function insertTouchedSql(
  tenantId: TenantId,
  level: Level,
  grain: Grain,
  calls: Fragment,
  counted: Fragment,
): Fragment {
  const same = level.dimensions.map((name) => ` and ${keyOfCall(dimension(name))} = touched_${dimension(name).column}`);
  const touchedCalls = sql`
    ${touchedSql(level, grain, calls)}
    cross join lateral (
      select ${preparedColumns} from usage_call
      where usage_call.tenant_id = ${tenantId} and occurred_at >= touched_starts_at
        ${sql.raw(isWithin(grain, 'occurred_at'))} ${sql.raw(same.join(''))} and ${counted}
      offset 0
    ) call`;
  return sql`
    insert into ${sql.raw(level.table)} (${list(allColumns(level))})
    select ${list([...columnsOf(level), ...hashOf(level)])} from (${ofCalls(level, grain, touchedCalls)}) made`;
}

/** Makes the summaries of a grain that the calls in `calls` belong to out of the stored ones of a finer grain. */
export function insertTouchedFromFinerSql(
  tenantId: TenantId,
  level: Level,
  grain: Grain,
  finer: Grain,
  calls: Fragment,
): Fragment {
  const stored = sql`
    ${touchedSql(level, grain, calls)}
    join ${sql.raw(level.table)} finer on finer.tenant_id = ${tenantId} and finer.grain = ${finer}
      and finer.starts_at >= touched_starts_at
      ${sql.raw(isWithin(grain, 'starts_at'))} ${sameDimensions(level, 'finer.')}`;
  return sql`
    insert into ${sql.raw(level.table)} (${list(allColumns(level))})
    select ${list([...columnsOf(level), ...hashOf(level)])} from (${ofSummaries(level, grain, stored)}) made`;
}

/** Longer than any local day or month, even one that was repeated. */
const mostLocal = { DAY: '3 days', MONTH: '33 days' };

/** Condition that an instant is in the time that begins at `touched_starts_at`, whatever time zone the session has. */
const isWithin = (grain: Grain, at: string): string =>
  isLocal(grain)
    ? `and ${at} < touched_starts_at + interval '${mostLocal[localUnits[grain]]}' and ${startOf(grain, at)} = touched_starts_at`
    : `and ${at} < ((touched_starts_at at time zone 'UTC') + interval '1 ${grain}') at time zone 'UTC'`;
