import { sql } from 'kysely';
import type { Level } from './levels.ts';
import type { Grain } from './summary.entity.ts';
import { addToStored, summaryColumns, summaryOfCalls, summaryOfSummaries, type Fragment } from './summary-sql.ts';

const dimensionsOf = (level: Level) => Object.keys(level.dimensions);

/** Columns that a summary of the level is found by, the tenant first. */
export const keyColumns = (level: Level): string[] => ['tenant_id', 'grain', 'starts_at', ...dimensionsOf(level)];

export const allColumns = (level: Level): string[] => [...keyColumns(level), ...summaryColumns];

const list = (columns: readonly string[]): Fragment => sql.raw(columns.join(', '));

/** Begin of the hour, day or month on the clock of UTC; `column` is an instant in it. */
const startOf = (grain: Grain, column: string) => `date_trunc('${grain}', ${column}, 'UTC')`;

/** End of an hour, day or month that begins at `start`, whatever time zone the session has. */
export const endOf = (grain: string, start: string): string =>
  `((${start} at time zone 'UTC') + ('1 ' || ${grain})::interval) at time zone 'UTC'`;

/** Key of the summary that a call of the ledger belongs to. */
const keyOfCall = (level: Level, grain: Grain) =>
  [
    'usage_call.tenant_id',
    `'${grain}'::text as grain`,
    `${startOf(grain, 'occurred_at')} as starts_at`,
    ...Object.entries(level.dimensions).map(([column, ofCall]) => `${ofCall} as ${column}`),
  ].join(', ');

const byKey = (level: Level) =>
  sql.raw(
    keyColumns(level)
      .map((_column, index) => index + 1)
      .join(', '),
  );

/** Summaries of every grain of the level, with all its columns, of the calls in `from`, a FROM clause with its WHERE. */
export function summariesSql(level: Level, from: Fragment): Fragment {
  const [finest, ...coarser] = level.grains;
  const made = coarser.map((grain, index) => {
    const finer = level.grains[index] ?? finest;
    const key = ['tenant_id', `'${grain}'::text as grain`, `${startOf(grain, 'starts_at')} as starts_at`];
    return sql`${sql.raw(grain)} as (
      select ${list([...key, ...dimensionsOf(level)])}, ${summaryOfSummaries({ compact: true })}
      from ${sql.raw(finer)} group by ${byKey(level)})`;
  });
  const ofCalls = sql`${sql.raw(finest)} as (
    select ${sql.raw(keyOfCall(level, finest))}, ${summaryOfCalls()} from ${from} group by ${byKey(level)})`;
  const rows = level.grains.map((grain) => sql`select ${list(allColumns(level))} from ${sql.raw(grain)}`);
  return sql`with ${sql.join([ofCalls, ...made])} ${sql.join(rows, sql` union all `)}`;
}

/** Adds the calls in `from` to the summaries that they belong to. */
export const addCallsSql = (level: Level, from: Fragment): Fragment => sql`
  insert into ${sql.raw(level.table)} as stored (${list(allColumns(level))})
  ${summariesSql(level, from)}
  on conflict (${list(keyColumns(level))}) do update set ${addToStored}`;

const touched = (column: string) => `touched_${column}`;

/** Keys of the summaries of a grain that calls in `from` belong to, as a table whose columns are named touched_…. */
const touchedTable = (level: Level, grain: Grain, from: Fragment): Fragment => sql`
  (select distinct ${sql.raw(keyOfCall(level, grain))} from ${from})
  touched (${list(keyColumns(level).map(touched))})`;

/** Removes the summaries of a grain that calls in `from` belong to. */
export const deleteTouchedSql = (level: Level, grain: Grain, from: Fragment): Fragment => sql`
  delete from ${sql.raw(level.table)} stored using ${touchedTable(level, grain, from)}
  where ${sql.raw(
    keyColumns(level)
      .map((column) => `stored.${column} = ${touched(column)}`)
      .join(' and '),
  )}`;

/** Makes the finest summaries that calls in `from` belong to out of all calls that `counted` lets through. */
export function insertTouchedSql(level: Level, from: Fragment, counted: Fragment): Fragment {
  const [finest] = level.grains;
  const same = Object.entries(level.dimensions).map(([column, ofCall]) => `and ${ofCall} = ${touched(column)}`);
  return sql`
    insert into ${sql.raw(level.table)} (${list(allColumns(level))})
    select ${sql.raw(keyOfCall(level, finest))}, ${summaryOfCalls()}
    from ${touchedTable(level, finest, from)}
    join rollup_mark mark on mark.tenant_id = touched_tenant_id
    join usage_call on usage_call.tenant_id = touched_tenant_id and occurred_at >= touched_starts_at
      and occurred_at < ${sql.raw(endOf('touched_grain', 'touched_starts_at'))} ${sql.raw(same.join(' '))}
    where ${counted}
    group by ${byKey(level)}`;
}

/** Makes the summaries of a grain that calls in `from` belong to out of the stored ones that they add up to. */
export function insertTouchedFromPartsSql(
  level: Level,
  grain: Grain,
  parts: { table: Level['table']; grain: Grain },
  from: Fragment,
): Fragment {
  const same = dimensionsOf(level).map((column) => `and part.${column} = ${touched(column)}`);
  return sql`
    insert into ${sql.raw(level.table)} (${list(allColumns(level))})
    select ${list(keyColumns(level).map(touched))}, ${summaryOfSummaries({ compact: true })}
    from ${touchedTable(level, grain, from)}
    join ${sql.raw(parts.table)} part on part.tenant_id = touched_tenant_id and part.grain = ${parts.grain}
      and part.starts_at >= touched_starts_at
      and part.starts_at < ${sql.raw(endOf('touched_grain', 'touched_starts_at'))} ${sql.raw(same.join(' '))}
    group by ${byKey(level)}`;
}
