import { sql } from 'kysely';
import { dimension, isDimensionName, keyOfCall } from '../../rollup/dimensions.ts';
import type { Fragment } from '../../rollup/summary-sql.ts';
import { bucketSql } from './bucket-sql.ts';
import { filterTypes, filterValues } from './filters-sql.ts';
import type { ReportPlan, Section } from './plan-report.ts';
import { relation, type Relation } from './relation-sql.ts';
import { allTenants, bordersOf, groupKeys, type GroupKey } from './report-query.ts';
import type { ReadSegment } from './window-coverage.ts';

/** Where the rows of a section come from, and how they are grouped. */
export interface Reading {
  plan: ReportPlan;
  section: Section;
  /** The section's queries, a row each, with their windows and filters. */
  asked: Relation;
  /** For the FROM clause: tenants and queries. Nothing for one query of one tenant. */
  from: Fragment | undefined;
  tenant: Fragment;
  /** Number of the coverage of a row of `from`. */
  coverage: Fragment;
}

export const list = (columns: readonly string[]) => sql.raw(columns.join(', '));
export const cross = (relations: readonly (Fragment | undefined)[]) =>
  sql.join(
    relations.filter((one) => one !== undefined),
    sql` cross join `,
  );

/** What a section's groups are told apart by, besides buckets. */
export const keysOf = ({ grouping }: Section): readonly GroupKey[] => groupKeys(grouping);

/** Names of the columns that hold the keys of a section's groups. */
export const keyNames = (section: Section): string[] => keysOf(section).map((_name, index) => `key_${index + 1}`);

const keys = ({ section, tenant }: Reading, of: 'calls' | 'summaries') =>
  keysOf(section).map((name, index) => {
    const as = sql.raw(`key_${index + 1}`);
    if (!isDimensionName(name)) return sql`${tenant} as ${as}`;
    return sql`${sql.raw(of === 'calls' ? keyOfCall(dimension(name)) : dimension(name).column)} as ${as}`;
  });

/** Columns that the groups of a section are told apart by: query, keys, bucket. */
export const groupColumns = (section: Section): string[] => [
  'no',
  ...keyNames(section),
  ...(bordersOf(section.grouping) ? ['bucket'] : []),
];

/** What tells the group of a call or a summary; `at` is the instant of the one or the begin of the other. */
export function groupOf(reading: Reading, of: 'calls' | 'summaries', at: string): Fragment {
  const borders = bordersOf(reading.section.grouping);
  const bucket = borders ? [sql`${bucketSql(borders, at)} as bucket`] : [];
  return sql.join([sql`${reading.asked.column('no')} as no`, ...keys(reading, of), ...bucket]);
}

export function readingOf(plan: ReportPlan, section: Section): Reading {
  const { queries } = section;
  const types = { no: 'int', coverage: 'int', tenant_id: 'text', from_at: 'timestamptz', to_at: 'timestamptz' };
  const asked = relation(
    'asked',
    { ...types, ...filterTypes(queries) },
    queries.map(({ no, query, coverage }) => ({
      no,
      coverage,
      tenant_id: query.tenantId === allTenants ? null : query.tenantId,
      from_at: query.from.toISOString(),
      to_at: query.to.toISOString(),
      ...filterValues(query),
    })),
  );
  const { scope } = plan;
  const { exceptions } = section;
  if (scope.of === 'one')
    return {
      plan,
      section,
      asked,
      from: asked.from,
      tenant: sql`${scope.tenantId}`,
      coverage: asked.column('coverage'),
    };
  if (scope.of === 'some')
    return {
      plan,
      section,
      asked,
      from: asked.from,
      tenant: asked.column('tenant_id'),
      coverage: asked.column('coverage'),
    };
  const further =
    exceptions.size > 0
      ? sql`left join unnest(${[...exceptions.keys()]}::text[], ${[...exceptions.values()]}::int[])
          as exception (tenant_id, further) on exception.tenant_id = mark.tenant_id`
      : sql``;
  const coverage = asked.column('coverage');
  return {
    plan,
    section,
    asked,
    from: cross([sql`rollup_mark mark ${further}`, asked.from]),
    tenant: sql`mark.tenant_id`,
    coverage: exceptions.size > 0 ? sql`${coverage} + coalesce(exception.further, 0)` : coverage,
  };
}

/** Segments of a section that are read in one way, and whether the coverage of a row tells which ones are its own. */
export function segmentsOf({ section }: Reading, isRead: (segment: ReadSegment) => boolean) {
  const rows = section.coverages.flatMap(({ segments }, coverage) =>
    segments
      .filter(isRead)
      .map(({ grain, from, to }) => ({ coverage, grain, from_at: from.toISOString(), to_at: to.toISOString() })),
  );
  const types = {
    ...(section.coverages.length > 1 ? { coverage: 'int' } : {}),
    grain: 'text',
    from_at: 'timestamptz',
    to_at: 'timestamptz',
  };
  return { rows, segment: relation('segment', types, rows) };
}

export type Segments = ReturnType<typeof segmentsOf>;

export const ofOwnCoverage = ({ section, coverage }: Reading, { segment }: Segments): Fragment =>
  section.coverages.length > 1 ? sql`where ${segment.column('coverage')} = ${coverage}` : sql``;
