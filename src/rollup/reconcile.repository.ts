import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { notVoidedBelow } from './fold.repository.ts';
import { keyColumns, summariesSql } from './level-sql.ts';
import type { Level } from './levels.ts';
import type { Grain } from './summary.entity.ts';
import { summaryColumns, type Fragment } from './summary-sql.ts';
import { inSession } from '../database/session.ts';

/** A summary that is not what the ledger says. */
export interface Difference {
  tenantId: TenantId;
  table: Level['table'];
  grain: Grain;
  startsAt: Date;
  /** What else the summary is found by, of its table's columns; empty for summaries of the tenant. */
  dimensions: Record<string, string>;
  /** Columns that differ, as text; null where there is no such summary. Sketches are given in hexadecimals. */
  columns: { name: string; stored: string | null; expected: string | null }[];
}

/** How many summaries there are, or should be, how many differ, and the first of those. */
export interface Comparison {
  summaries: number;
  differing: number;
  differences: Difference[];
}

/** Summaries whose sketches can be compared; "offset 0" has each compacted once. */
const comparable = (level: Level, summaries: Fragment): Fragment => {
  const columns = summaryColumns.map((column) =>
    column.endsWith('_sketch') ? `encode(sketch_compact(${column}), 'hex') as ${column}` : column,
  );
  return sql`(select ${sql.raw([...keyColumns(level), ...columns].join(', '))} from ${summaries} summary offset 0)`;
};

/**
 * Compares a tenant's summaries of a level with those that its ledger gives, both up to the tenant's mark and in one
 * snapshot. At most `first` differences are returned, in the order of their keys.
 */
export async function compareSummaries(
  em: SqlEntityManager,
  tenantId: TenantId,
  level: Level,
  first: number,
): Promise<Comparison> {
  const folded = sql`
    rollup_mark mark
    join usage_call on usage_call.tenant_id = mark.tenant_id and recorded_xid < mark.folded_below
    where mark.tenant_id = ${tenantId} and ${notVoidedBelow('folded_below')}`;
  const key = keyColumns(level);
  const described = summaryColumns.map(
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
      from ${comparable(level, sql`(${summariesSql(level, folded)})`)} expected
      full join ${comparable(level, sql`(select * from ${sql.raw(level.table)} where tenant_id = ${tenantId})`)} stored
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
        dimensions: Object.fromEntries(Object.keys(level.dimensions).map((name) => [name, row[name] ?? ''])),
        columns: row.columns,
      })),
  };
}
