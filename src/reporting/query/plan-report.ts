import type { Holding } from '../../rollup/holdings.repository.ts';
import { optionalLevels, optionalOf, tagLevel, type OptionalLevel } from '../../rollup/levels.ts';
import { tagOf, type DimensionName } from '../../rollup/dimensions.ts';
import { callCount, cost, inputTokens, outputTokens } from '../../rollup/measures.ts';
import { columnsNamed, partColumn, summaryColumns, type SummaryColumn } from '../../rollup/summary-columns.ts';
import type { TenantId } from '../../values/identifier.ts';
import { askedDimensions, summariesFor } from './choose-summary.ts';
import {
  allTenants,
  bordersOf,
  groupKeys,
  queryKey,
  rankedGroups,
  type Aggregation,
  type Grouping,
  type ReportQuery,
  type UsageOrder,
} from './report-query.ts';
import { coverageOfWindow, type Coverage, type Gone, type Kind } from './window-coverage.ts';

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

/** Of a tenant that holds nothing: its reports read what all tenants have. */
const ordinary: Kind = { stale: [], levels: [] };

/** A part of a tenant's time that cannot be read any more as is asked. */
export interface GoneOfTenant extends Gone {
  tenantId: TenantId;
  /** Begin of what the ledger holds. */
  completeFrom: Date;
  /** What is asked by. */
  asked: readonly DimensionName[];
  /** Numbers of the aggregations that ask for it. */
  aggregations: readonly number[];
}

/** Aggregations that group alike and are read from the same tables: one block of the statement. */
export interface Section {
  grouping: Grouping;
  columns: readonly SummaryColumn[];
  queries: readonly AskedQuery[];
  coverages: readonly Coverage[];
  /** Of all tenants those whose coverages are not the first ones of queries, with how much further theirs are. */
  exceptions: ReadonlyMap<TenantId, number>;
  /** What cannot be read any more: its calls have left the ledger. It is as good as read where there were none. */
  gone: readonly GoneOfTenant[];
  /** Aggregations whose groups are ranked, each with the number of its query. */
  ranked: readonly { aggregation: Numbered; queryNo: number }[];
}

export interface ReportPlan {
  scope: Scope;
  /** Whether calls that are not folded are looked for. */
  hasUnfolded: boolean;
  sections: readonly Section[];
}

/** What each order ranks groups by, added up; the names of groups are there in any case. */
export const rankedBy: Record<UsageOrder, readonly string[]> = {
  COST_DESC: [cost.column],
  CALLS_DESC: [callCount.column],
  TOKENS_DESC: [partColumn(inputTokens, 'total'), partColumn(outputTokens, 'total')],
  NAME_ASC: [],
};

/** Columns that aggregations read: what is wanted, what is ranked by, and one that is always there. */
function columnsOf(aggregations: readonly Aggregation[]): SummaryColumn[] {
  const names = aggregations.flatMap(({ columns, grouping }) => [
    ...columns,
    ...(grouping.by === 'page' ? grouping.othersColumns : []),
    ...rankedBy[rankedGroups(grouping)?.orderBy ?? 'NAME_ASC'],
  ]);
  return columnsNamed([callCount.column, ...names]);
}

/** Every optional level that could answer what is asked by. */
const everyLevel = (asked: readonly DimensionName[]): OptionalLevel[] => {
  const tags = asked.flatMap((name) => tagOf(name) ?? []);
  return [...optionalLevels, ...optionalOf(tags.map(tagLevel))].map(({ code }) => code);
};

const sketches = new Set(summaryColumns.flatMap(({ name, combine }) => (combine === 'sketch' ? [name] : [])));

/**
 * Aggregations of one key are served by the same tables, whatever a tenant has. Sketches are most of the work: who wants
 * none does not share a section with who does.
 */
function sectionKey({ query, grouping, columns }: Numbered): string {
  const asked = askedDimensions({ query, grouping });
  const levels = Object.values(summariesFor(asked, everyLevel(asked))).map(({ name }) => name);
  return JSON.stringify([grouping.by, groupKeys(grouping), levels, columns.filter((column) => sketches.has(column))]);
}

/** Plans one statement for aggregations of one scope. It decides from what is asked and held alone, and reads nothing. */
export function planReport(aggregations: readonly Numbered[], scope: Scope, holdings: readonly Holding[]): ReportPlan {
  const alike = [...Map.groupBy(aggregations, sectionKey).values()].flatMap((same) => [
    ...Map.groupBy(same, ({ grouping }) => bordersOf(grouping)).values(),
  ]);
  return {
    scope,
    hasUnfolded: holdings.some(({ hasUnfolded }) => hasUnfolded),
    sections: alike.flatMap((same) => planSection(same, scope, holdings) ?? []),
  };
}

function planSection(
  aggregations: readonly Numbered[],
  scope: Scope,
  holdings: readonly Holding[],
): Section | undefined {
  const [first] = aggregations;
  if (!first) return undefined;
  const { grouping } = first;
  // Other groupings have an answer of their own for each aggregation; groups that are only ranked otherwise are shared.
  const shared = [
    ...Map.groupBy(aggregations, ({ no, query, grouping }) => (rankedGroups(grouping) ? queryKey(query) : no)).values(),
  ];
  const asked = shared.flatMap(([of]) => of ?? []);
  const asks = askedDimensions(first);
  const known = new Map<string, Read>();
  const coverageOf = ({ from, to }: ReportQuery, kind: Kind): Read => {
    const key = `${from.getTime()} ${to.getTime()} ${kindKey(kind)}`;
    const found = known.get(key);
    if (found) return found;
    const inside = bordersOf(grouping)?.filter((border) => border > from && border < to) ?? [];
    const { segments, gone } = coverageOfWindow([from, ...inside, to], asks, kind);
    const made = { coverage: { segments }, gone, key: readKey({ segments }) };
    known.set(key, made);
    return made;
  };
  const { kinds, exceptions } = kindsOfAll(scope.of === 'all' ? holdings : [], (kind) =>
    asked.map(({ query }) => coverageOf(query, kind).key).join(),
  );
  const held = new Map(holdings.map((holding) => [holding.tenantId, holding]));
  const coverages: Coverage[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (query: ReportQuery): number => {
    const { tenantId } = query;
    const of = tenantId === allTenants ? kinds : [held.get(tenantId) ?? ordinary];
    const read = of.map((kind) => coverageOf(query, kind));
    const key = read.map((one) => one.key).join();
    const number = numbers.get(key) ?? coverages.length;
    if (!numbers.has(key)) coverages.push(...read.map(({ coverage }) => coverage));
    numbers.set(key, number);
    return number;
  };
  const queries = asked.map(({ no, query }) => ({ no, query, coverage: numberOf(query) }));
  const ranked = shared.flatMap((same) =>
    same.map((aggregation) => ({ aggregation, queryNo: same[0]?.no ?? aggregation.no })),
  );
  const gone = holdings.flatMap((holding) => goneOf(holding, asks, shared, coverageOf));
  return { grouping, columns: columnsOf(aggregations), queries, coverages, exceptions, gone, ranked };
}

/** What of a tenant cannot be read any more, for aggregations of which those of one query are together. */
const goneOf = (
  holding: Holding,
  asked: readonly DimensionName[],
  shared: readonly (readonly Numbered[])[],
  coverageOf: (query: ReportQuery, kind: Kind) => Read,
): GoneOfTenant[] => {
  const { tenantId } = holding;
  const completeFrom = holding.kept?.at(-1)?.until;
  if (!completeFrom) return [];
  return shared.flatMap((same) => {
    const [first] = same;
    if (!first || (first.query.tenantId !== allTenants && first.query.tenantId !== tenantId)) return [];
    const aggregations = same.map(({ no }) => no);
    return coverageOf(first.query, holding).gone.map((gone) => ({
      ...gone,
      tenantId,
      completeFrom,
      asked,
      aggregations,
    }));
  });
};

/** A coverage, with a text for all that it has read. */
interface Read {
  coverage: Coverage;
  gone: readonly Gone[];
  key: string;
}

const readKey = ({ segments }: Coverage): string =>
  JSON.stringify(segments.map(({ grain, level, from, to }) => [grain, level?.name, from, to]));

const kindKey = ({ stale, levels, clock, kept = [] }: Kind): string =>
  JSON.stringify([stale, levels, clock?.name, kept.map((span) => [span.until, span.levels, span.clock?.name])]);

/**
 * Of all tenants those that have stale hours or further levels may be read differently from all others: the kinds that
 * are, the ordinary one first, and who is not of that one, with the place of the own kind.
 */
function kindsOfAll(
  holdings: readonly Holding[],
  readBy: (kind: Kind) => string,
): { kinds: readonly Kind[]; exceptions: ReadonlyMap<TenantId, number> } {
  const distinct = new Map([ordinary, ...holdings].map((kind) => [kindKey(kind), kind]));
  const alike = [...Map.groupBy(distinct.values(), readBy).values()];
  const places = new Map(alike.flatMap((kinds, place) => kinds.map((kind) => [kindKey(kind), place] as const)));
  const exceptions = holdings.flatMap((holding): [TenantId, number][] => {
    const place = places.get(kindKey(holding)) ?? 0;
    return place > 0 ? [[holding.tenantId, place]] : [];
  });
  return { kinds: alike.flatMap(([kind]) => kind ?? []), exceptions: new Map(exceptions) };
}
