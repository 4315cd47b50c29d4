import { sql } from 'kysely';
import type { SummaryColumn } from '../../rollup/summary-columns.ts';
import type { Fragment } from '../../rollup/summary-sql.ts';
import type { Section } from './plan-report.ts';
import { keyNames } from './reading-sql.ts';
import { bordersOf } from './report-query.ts';

/** Columns that the rows of a whole statement have, as those of its sections are put together. */
export interface Shape {
  columns: readonly SummaryColumn[];
  keys: number;
  /** Whether rows tell what pages of groups need to know. */
  pages: boolean;
}

export function shapeOf(sections: readonly Section[]): Shape {
  const columns = new Map(sections.flatMap(({ columns }) => columns.map((column) => [column.name, column])));
  return {
    columns: [...columns.values()],
    keys: Math.max(0, ...sections.map((of) => keyNames(of).length)),
    pages: sections.some(({ grouping }) => grouping.by === 'page'),
  };
}

const pageColumns = { name: 'text', group_count: 'bigint', following: 'bigint' };

/** What a row has besides its number; whatever is left out is null. */
interface Given {
  /** SQL for `rank`; null for rows without one. */
  rank: string | null;
  keys?: readonly string[];
  /** SQL for columns that only rows of pages have. */
  page?: Partial<Record<keyof typeof pageColumns, string>>;
  bucket?: string | undefined;
  /** Names of the columns of summaries that the row has. */
  columns: readonly string[];
}

/** The columns of a row in the statement's shape. */
export function shaped({ columns, keys, pages }: Shape, row: Given): Fragment {
  const given = (name: string, type: string, value: string | null | undefined) =>
    value === name ? name : `${value ?? `null::${type}`} as ${name}`;
  return sql.raw(
    [
      'no',
      given('rank', 'bigint', row.rank),
      ...Array.from({ length: keys }, (_, index) => given(`key_${index + 1}`, 'text', row.keys?.[index])),
      ...(pages ? Object.entries(pageColumns) : []).map(([name, type]) =>
        given(name, type, row.page?.[name as keyof typeof pageColumns]),
      ),
      given('bucket', 'int', row.bucket),
      ...columns.map(({ name, type }) => (row.columns.includes(name) ? name : `null::${type} as ${name}`)),
    ].join(', '),
  );
}

/** What the rows of a section's groups have of the columns of summaries. */
export const namesOf = ({ columns }: Section): string[] => columns.map(({ name }) => name);

/** A group of a section that is neither ranked nor on a page. */
export const unranked = (section: Section): Given => ({
  rank: null,
  keys: keyNames(section),
  bucket: bordersOf(section.grouping) ? 'bucket' : undefined,
  columns: namesOf(section),
});
