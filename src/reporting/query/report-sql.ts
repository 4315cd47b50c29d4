import { sql } from 'kysely';
import type { Fragment } from '../../rollup/summary-sql.ts';
import { pageSql, placedGroupsSql } from './page-sql.ts';
import type { ReportPlan, Section } from './plan-report.ts';
import { firstGroupsSql } from './ranking-sql.ts';
import { shaped, shapeOf, unranked, type Shape } from './row-shape.ts';
import { groupsSql, readsSummaries, unfoldedCallsSql, type Named } from './sources-sql.ts';

/**
 * One statement for all aggregations of a plan. Rows carry the aggregation's number as `no`, keys of groups as `key_1`
 * and so on, the number of the bucket, the place among the groups as `rank`, and the columns that any of them wants. Rows
 * of pages have more; see page-sql.ts.
 */
export function reportSql(plan: ReportPlan): Fragment {
  const { sections } = plan;
  const several = sections.length > 1;
  const named: Named[] = [];
  if (plan.hasUnfolded && sections.some(readsSummaries)) named.push(unfoldedCallsSql(plan));
  const answers: Fragment[] = [];
  const shape = shapeOf(sections);
  for (const [index, section] of sections.entries()) {
    const suffix = several ? `_${index + 1}` : '';
    named.push(...groupsSql(plan, section, suffix));
    if (section.grouping.by === 'page') named.push(...placedGroupsSql(plan, section, suffix));
    answers.push(answer(plan, section, suffix, shape));
  }
  // What is read in two places is written down once; the rest the planner takes apart anyway.
  const written = named.map(
    ({ name, query }) =>
      sql`${sql.raw(name)} as ${sql.raw(name === 'unfolded_calls' ? 'materialized ' : '')}(${query})`,
  );
  return sql`with ${sql.join(written)} ${sql.join(answers, sql` union all `)}`;
}

function answer(plan: ReportPlan, section: Section, suffix: string, shape: Shape): Fragment {
  const groups = `groups${suffix}`;
  switch (section.grouping.by) {
    case 'dimensions':
      return firstGroupsSql(plan, section, groups, shape);
    case 'page':
      return pageSql(section, suffix, shape);
    case 'bucket':
    case 'total':
      return sql`select ${shaped(shape, unranked(section))} from ${sql.raw(groups)}`;
  }
}
