import { sql } from 'kysely';
import { columnsNamed } from '../../rollup/summary-columns.ts';
import { summaryOfSummaries, type Fragment } from '../../rollup/summary-sql.ts';
import type { ReportPlan, Section } from './plan-report.ts';
import { groupedColumns, rankingOf } from './ranking-sql.ts';
import { keyNames, list } from './reading-sql.ts';
import { bordersOf, type GroupPage } from './report-query.ts';
import { namesOf, shaped, type Shape } from './row-shape.ts';
import type { Named } from './sources-sql.ts';

/** The pages that a section's aggregations ask for. */
const pagesOf = ({ ranked }: Section): GroupPage[] =>
  ranked.flatMap(({ aggregation: { grouping } }) => (grouping.by === 'page' ? [grouping] : []));

/**
 * Named queries for pages of groups, after those that make the groups: with buckets `whole_groups`, the groups over all
 * buckets, and `placed_groups`, where each is in the order asked for, and whether on the page.
 */
export function placedGroupsSql(plan: ReportPlan, section: Section, suffix: string): Named[] {
  const keys = ['no', ...keyNames(section)];
  const hasBuckets = bordersOf(section.grouping) !== undefined;
  const whole = `${hasBuckets ? 'whole_groups' : 'groups'}${suffix}`;
  const { asked, from, order, name, behind, partition } = rankingOf(plan, section, whole);
  const apart = [...partition.map((column) => sql.raw(column)), ...(behind ? [behind] : [])];
  const within = apart.length > 0 ? sql`partition by ${sql.join(apart)} ` : sql``;
  const placed = sql`
    select *, behind and rank <= first as on_page
    from (
      select ${asked.column('no')} as no, ${asked.column('query_no')} as query_no, ${asked.column('first')} as first,
        ${sql.raw(name ?? 'null::text')} as name, ${behind ?? sql`true`} as behind,
        row_number() over (${within}order by ${order}) as rank, ${groupedColumns(section)}
      from ${from}
    ) ranked`;
  return [
    ...(hasBuckets
      ? [
          {
            name: whole,
            query: sql`
              select ${list(keys)}, ${summaryOfSummaries({ columns: section.columns })}
              from ${sql.raw(`groups${suffix}`)} group by ${list(keys)}`,
          },
        ]
      : []),
    { name: `placed_groups${suffix}`, query: placed },
  ];
}

/**
 * The rows of pages of groups: the groups of the page, by `rank` and with the `name` of their agents; all others as one
 * row without a rank, with how many groups they are and how many of them are `following`; and the buckets of both.
 */
export function pageSql(section: Section, suffix: string, shape: Shape): Fragment {
  const [groups, placed] = [sql.raw(`groups${suffix}`), sql.raw(`placed_groups${suffix}`)];
  const pages = pagesOf(section);
  const others = columnsNamed(pages.flatMap(({ othersColumns }) => othersColumns));
  const othersNames = others.map(({ name }) => name);
  const rows = [
    sql`
      select ${shaped(shape, { rank: 'rank', keys: keyNames(section), page: { name: 'name' }, columns: namesOf(section) })}
      from ${placed} where on_page`,
    sql`
      select ${shaped(shape, {
        rank: null,
        page: { group_count: 'group_count', following: 'following' },
        columns: othersNames,
      })}
      from (
        select no, count(*) as group_count, count(*) filter (where behind) as following,
          ${summaryOfSummaries({ columns: others })}
        from ${placed} where not on_page group by no
      ) others`,
  ];
  if (!bordersOf(section.grouping)) return sql.join(rows, sql` union all `);
  const same = sql.raw(
    ['groups.no = placed.query_no', ...keyNames(section).map((key) => `groups.${key} = placed.${key}`)].join(' and '),
  );
  const columns = namesOf(section).map((name) => `groups.${name}`);
  rows.push(sql`
    select ${shaped(shape, { rank: 'rank', bucket: 'bucket', columns: namesOf(section) })}
    from (
      select placed.no, placed.rank, groups.bucket, ${list(columns)}
      from ${placed} placed join ${groups} groups on ${same} where placed.on_page
    ) buckets`);
  if (pages.some(({ othersBuckets }) => othersBuckets))
    rows.push(sql`
      select ${shaped(shape, { rank: null, bucket: 'bucket', columns: othersNames })}
      from (
        select no, bucket, ${summaryOfSummaries({ columns: others })}
        from (
          select placed.no, groups.bucket, ${list(othersNames.map((name) => `groups.${name}`))}
          from ${placed} placed join ${groups} groups on ${same} where not placed.on_page
        ) buckets
        group by no, bucket
      ) others`);
  return sql.join(rows, sql` union all `);
}
