import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import type { DimensionName } from './dimensions.ts';
import { dimension } from './dimensions.ts';
import { foldedCalls } from './fold.repository.ts';
import { isLive } from './folded-sql.ts';
import { summariesSql } from './level-sql.ts';
import { dimensionColumns, ofLevel, type Grain, type Level, type OptionalLevel } from './levels.ts';
import { successively } from './makings.ts';
import { summaryColumns } from './summary-columns.ts';
import type { Fragment } from './summary-sql.ts';

/** A summary that is not what the ledger says. */
export interface Difference {
  tenantId: TenantId;
  table: Level['table'];
  grain: Grain;
  startsAt: Date;
  /** What else the summary is of; empty for summaries of the tenant. */
  dimensions: Partial<Record<DimensionName, string>>;
  /** Columns that differ, as text; null where there is no such summary. Sketches are given in hexadecimals. */
  columns: { name: string; stored: string | null; expected: string | null }[];
}

/** How many summaries there are, or should be, how many differ, and the first of those. */
export interface Comparison {
  summaries: number;
  differing: number;
  differences: Difference[];
}

/** What a row is told by when stored and expected ones are compared: never the hash, which is compared as well. */
const comparedKey = (level: Level): string[] => ['grain', 'starts_at', ...dimensionColumns(level)];

const hashColumn = (level: Level) => (level.hashed ? ['dimensions_hash'] : []);

const comparedColumns = (level: Level): string[] => [...summaryColumns.map(({ name }) => name), ...hashColumn(level)];

/** Summaries whose sketches can be compared; "offset 0" has each compacted once. */
function comparable(level: Level, summaries: Fragment): Fragment {
  const columns = summaryColumns.map(({ name, combine }) =>
    combine === 'sketch' ? `encode(sketch_compact(${name}), 'hex') as ${name}` : name,
  );
  const all = [...comparedKey(level), ...columns, ...hashColumn(level)];
  return sql`(select ${sql.raw(all.join(', '))} from ${summaries} summary offset 0)`;
}

/** Codes of levels that a tenant has, or has rows of that it should not have. */
export async function storedLevels(em: SqlEntityManager, tenantId: TenantId): Promise<OptionalLevel[]> {
  const { rows } = await sql<{ code: OptionalLevel }>`
    select unnest(mark.levels) as code from rollup_mark mark where mark.tenant_id = ${tenantId}
    union
    select 'TAG:' || tag_name || '_' || grain from tag_summary where tag_summary.tenant_id = ${tenantId}`.execute(
    inSession(em),
  );
  return rows.map(({ code }) => code);
}

/**
 * Compares a tenant's summaries of a level with those that its ledger gives, of the grains that it should have, both
 * without what waits to be folded and in one snapshot. What stays of calls that left the ledger has nothing to be compared
 * with. At most `first` differences are returned, in the order of their keys.
 */
export async function compareSummaries(
  em: SqlEntityManager,
  tenantId: TenantId,
  level: Level,
  first: number,
): Promise<Comparison> {
  const key = comparedKey(level);
  const always = level.grains.filter((grain) => !level.optional.includes(grain));
  const expected = sql`(
    select * from (${summariesSql(level, successively(level.grains), foldedCalls(tenantId))}) made
    where ${isLive(tenantId, 'starts_at')} and (grain = any(${always}::text[])
      or ${`${level.name}_`}::text || grain = any(array(
        select unnest(mark.levels) from rollup_mark mark where mark.tenant_id = ${tenantId}))))`;
  const described = comparedColumns(level).map(
    (column) =>
      `case when stored.${column} is distinct from expected.${column} then json_build_object('name', '${column}',
        'stored', stored.${column}::text, 'expected', expected.${column}::text) end`,
  );
  type Row = {
    summaries: number;
    differing: number;
    grain: Grain;
    starts_ms: string;
    columns: Difference['columns'];
  } & Record<string, string>;
  const { rows } = await sql<Row>`
    with compared as (
      select ${sql.raw(key.join(', '))},
        array_remove(array[${sql.raw(described.join(', '))}]::json[]::text[], null) as columns
      from ${comparable(level, expected)} expected
      full join ${comparable(
        level,
        sql`(
        select * from ${sql.raw(level.table)} where tenant_id = ${tenantId} ${sql.raw(ofLevel(level))}
          and ${isLive(tenantId, 'starts_at')})`,
      )} stored
        using (${sql.raw(key.join(', '))})
    ), counted as (
      select count(*)::int as summaries, count(*) filter (where columns <> '{}')::int as differing from compared
    )
    select counted.*, compared.*, extract(epoch from starts_at) * 1000 as starts_ms, array_to_json(columns::json[]) as columns
    from counted
    left join (
      select * from compared where columns <> '{}' order by ${sql.raw(key.join(', '))} limit ${first}
    ) compared on true
    order by ${sql.raw(key.map((column) => `compared.${column}`).join(', '))}`.execute(inSession(em));
  const [{ summaries, differing } = { summaries: 0, differing: 0 }] = rows;
  return {
    summaries,
    differing,
    differences: rows
      .filter((row) => row.columns)
      .map((row) => ({
        tenantId,
        table: level.table,
        grain: row.grain,
        startsAt: new Date(Number(row.starts_ms)),
        dimensions: Object.fromEntries(level.dimensions.map((name) => [name, row[dimension(name).column] ?? ''])),
        columns: row.columns,
      })),
  };
}
