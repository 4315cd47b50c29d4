import { coverWindow, type Segment } from '../../rollup/coverage.ts';
import type { Holding } from '../../rollup/holdings.repository.ts';
import type { Grain } from '../../rollup/levels.ts';
import { columnsNamed, summaryColumns, type SummaryColumn } from '../../rollup/measures.ts';
import type { TenantId } from '../../values/identifier.ts';
import { askedDimensions, summariesFor, type Summaries } from './choose-summary.ts';
import {
  allTenants,
  queryKey,
  type Aggregation,
  type Grouping,
  type ReportQuery,
  type UsageOrder,
} from './report-query.ts';

/** Whose calls a statement reads: one tenant's, which is then a constant everywhere, those of some, or all. */
export type Scope = { of: 'one'; tenantId: TenantId } | { of: 'some' } | { of: 'all' };

/** An aggregation of a statement, under its number there. */
export type Numbered = Aggregation & { no: number };

/** A query whose calls are grouped once, whatever the number of aggregations that ask for the groups. */
export interface AskedQuery {
  no: number;
  query: ReportQuery;
  /** Number of the coverage of its window; with all tenants, of that of the first kind of tenants. */
  coverage: number;
}

/** Aggregations that group alike and are read from the same tables: one block of the statement. */
export interface Section {
  grouping: Grouping;
  summaries: Summaries;
  columns: readonly SummaryColumn[];
  queries: readonly AskedQuery[];
  /** Each with the segments that windows are read in. */
  coverages: readonly (readonly Segment[])[];
  /** Aggregations whose groups are ranked, each with the number of its query. */
  ranked: readonly { aggregation: Numbered; queryNo: number }[];
}

export interface ReportPlan {
  scope: Scope;
  /** Whether calls that are not folded are looked for. */
  hasUnfolded: boolean;
  /** Tenants whose coverages are not those of the first kind, with how much further theirs are in the list. */
  exceptions: ReadonlyMap<TenantId, number>;
  sections: readonly Section[];
}

/** What each order ranks groups by, added up; the names of groups are there in any case. */
export const rankedBy: Record<UsageOrder, readonly string[]> = {
  COST_DESC: ['cost_usd'],
  CALLS_DESC: ['calls'],
  TOKENS_DESC: ['input_total', 'output_total'],
  NAME_ASC: [],
};

/** Columns that aggregations read: what is wanted, what is ranked by, and one that is always there. */
function columnsOf(aggregations: readonly Aggregation[]): SummaryColumn[] {
  const names = aggregations.flatMap(({ columns, grouping }) => [
    ...columns,
    ...(grouping.by === 'dimensions' ? rankedBy[grouping.orderBy] : []),
  ]);
  return columnsNamed(['calls', ...names]);
}

const sketches = new Set(summaryColumns.flatMap(({ name, combine }) => (combine === 'sketch' ? [name] : [])));

/** Sketches are most of the work: who wants none does not share a section with who does. */
function sectionKey({ query, grouping, columns }: Numbered): string {
  const tables = Object.values(summariesFor(askedDimensions({ query, grouping }))).map(({ table }) => table);
  const groups = grouping.by === 'dimensions' ? grouping.dimensions : grouping.by;
  return JSON.stringify([groups, tables, columns.filter((column) => sketches.has(column))]);
}

/** Plans one statement for aggregations of one scope. It decides from what is asked and held alone, and reads nothing. */
export function planReport(aggregations: readonly Numbered[], scope: Scope, holdings: readonly Holding[]): ReportPlan {
  const tenants = new Map(holdings.map((holding) => [holding.tenantId, holding]));
  // Of all tenants, those that hold something are read differently from all others, each in its own way.
  const stale = scope.of === 'all' ? [[], ...holdings.flatMap(({ stale }) => (stale.length > 0 ? [stale] : []))] : [];
  const exceptions = holdings.flatMap(({ tenantId, stale: own }): [TenantId, number][] =>
    scope.of === 'all' && own.length > 0 ? [[tenantId, stale.indexOf(own)]] : [],
  );
  const alike = [...Map.groupBy(aggregations, sectionKey).values()].flatMap((same) => [
    ...Map.groupBy(same, ({ grouping }) => (grouping.by === 'bucket' ? grouping.borders : undefined)).values(),
  ]);
  const staleOf = (tenantId: ReportQuery['tenantId']) =>
    tenantId === allTenants ? stale : [tenants.get(tenantId)?.stale ?? []];
  return {
    scope,
    hasUnfolded: holdings.some(({ hasUnfolded }) => hasUnfolded),
    exceptions: new Map(exceptions),
    sections: alike.flatMap((same) => planSection(same, staleOf) ?? []),
  };
}

function planSection(
  aggregations: readonly Numbered[],
  staleOf: (tenantId: ReportQuery['tenantId']) => readonly (readonly number[])[],
): Section | undefined {
  const [first] = aggregations;
  if (!first) return undefined;
  const { grouping } = first;
  const summaries = summariesFor(askedDimensions(first));
  const grains = (['HOUR', 'DAY', 'MONTH'] as const).filter((grain: Grain) => summaries[grain]);
  const coverages: (readonly Segment[])[] = [];
  const known = new Map<string, number>();
  const coverageOf = ({ tenantId, from, to }: ReportQuery): number => {
    const key = `${from.getTime()} ${to.getTime()} ${JSON.stringify(staleOf(tenantId))}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const inside = grouping.by === 'bucket' ? grouping.borders.filter((border) => border > from && border < to) : [];
    const number = coverages.length;
    for (const stale of staleOf(tenantId)) coverages.push(coverWindow([from, ...inside, to], grains, stale));
    known.set(key, number);
    return number;
  };
  // Other groupings have an answer of their own for each aggregation; groups that are only ranked otherwise are shared.
  const shared = Map.groupBy(aggregations, ({ no, query, grouping: { by } }) =>
    by === 'dimensions' ? queryKey(query) : no,
  );
  const queries = [...shared.values()].flatMap(([of]) =>
    of ? [{ no: of.no, query: of.query, coverage: coverageOf(of.query) }] : [],
  );
  const ranked = [...shared.values()].flatMap((same) =>
    same.map((aggregation) => ({ aggregation, queryNo: same[0]?.no ?? aggregation.no })),
  );
  return { grouping, summaries, columns: columnsOf(aggregations), queries, coverages, ranked };
}
