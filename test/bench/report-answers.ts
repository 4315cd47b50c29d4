import { Big } from 'big.js';
import { dayOfAlias, type BenchQuery } from './report-queries.ts';
import { valuesOfRow, valuesOfStats, type Values } from './report-stats.ts';

/** Groups by what they are named after. */
type Groups = ReadonlyMap<string, Values>;

interface Group {
  stats: object;
}

/** An answer of the gateway, as far as the queries select it; reports by alias. */
export type Reports = Record<
  string,
  {
    totals?: object;
    buckets?: (Group & { ts: string })[];
    byAgent?: (Group & { agentId: string | null })[];
    byModel?: (Group & { provider: string; model: string })[];
    tenants?: { edges: { node: Group & { tenant: { id: string } } }[] };
    total?: object;
    groups?: { edges: { node: ListedGroup }[]; others?: ListedGroup | null };
    compare?: { totals: object };
  }
>;

/** A group with its values, and with buckets where they are asked for. */
interface ListedGroup {
  values?: { value: string | null }[];
  stats?: object;
  buckets?: (Group & { ts: string })[];
}

const keyOf = (parts: readonly (string | null | undefined)[]) => parts.join(' | ');

/** Groups of an answer. Those without calls, which charts want, are no rows of plain SQL: they are left out. */
export function groupsOfAnswer({ asked }: BenchQuery, reports: Reports): Groups {
  const groups = Object.entries(reports).flatMap(([alias, report]) => {
    const day = dayOfAlias(alias);
    const named = (parts: readonly (string | null)[], stats: object) =>
      [keyOf(day ? [day, ...parts] : parts), valuesOfStats(asked, stats)] as const;
    return [
      ...(report.totals ? [named(report.compare ? ['now'] : [], report.totals)] : []),
      ...(report.compare ? [named(['before'], report.compare.totals)] : []),
      ...listed(report.groups).flatMap(({ keys, stats, buckets = [] }) => [
        ...(stats ? [named(keys, stats)] : []),
        ...buckets.map((bucket) => named([new Date(bucket.ts).toISOString(), ...keys], bucket.stats)),
      ]),
      ...(report.buckets ?? []).map(({ ts, stats }) => named([new Date(ts).toISOString()], stats)),
      ...(report.byAgent ?? []).map(({ agentId, stats }) => named([agentId], stats)),
      ...(report.byModel ?? []).map(({ provider, model, stats }) => named([provider, model], stats)),
      ...(report.tenants?.edges ?? []).map(({ node }) => named([node.tenant.id], node.stats)),
      ...(report.total ? [named([null], report.total)] : []),
    ];
  });
  return new Map(groups.filter(([, values]) => Number(values.get('totalCalls')) > 0));
}

const listed = (groups: Reports[string]['groups']) => [
  ...(groups?.edges ?? []).map(({ node }) => ({ ...node, keys: (node.values ?? []).map(({ value }) => value) })),
  ...(groups?.others ? [{ ...groups.others, keys: ['others'] }] : []),
];

/** Groups of plain SQL's rows; the first columns are the key. */
export function groupsOfRows({ asked }: BenchQuery, rows: readonly Record<string, unknown>[]): Groups {
  const isKey = (name: string) => !asked.some((path) => path === name) && !name.includes('.');
  return new Map(
    rows.map((row) => {
      const parts = Object.entries(row).flatMap(([name, value]) => (isKey(name) ? [value] : []));
      return [
        keyOf(parts.map((part) => (part instanceof Date ? part.toISOString() : part === null ? null : String(part)))),
        valuesOfRow(asked, row),
      ];
    }),
  );
}

const percentileTolerance = 0.01;
/** Of an average, which is exact but for how the two sides round it. */
const rounding = 1e-9;

/** @throws where the gateway's answer is not what the ledger says, with the group and the value that differ. */
export function expectSame({ name, asked }: BenchQuery, fromGateway: Groups, fromLedger: Groups): void {
  const differ = (what: string) => new Error(`"${name}" differs from plain SQL: ${what}`);
  if (fromLedger.size === 0) throw new Error(`"${name}" finds no calls to compare; load more of them.`);
  for (const [key, expected] of fromLedger) {
    const actual = fromGateway.get(key);
    if (!actual) throw differ(`no group "${key}"`);
    for (const path of asked) {
      const [is, should] = [actual.get(path) ?? '', expected.get(path) ?? ''];
      if (!isSame(path, is, should)) throw differ(`${path} of "${key}" is ${is} instead of ${should}`);
    }
  }
  const more = [...fromGateway.keys()].find((key) => !fromLedger.has(key));
  if (more !== undefined) throw differ(`a group "${more}" too many`);
}

function isSame(path: string, is: string | number, should: string | number): boolean {
  if (path === 'totalCostUsd') return new Big(is).eq(new Big(should));
  const difference = Math.abs(Number(is) - Number(should));
  if (/\.p\d+$/.test(path)) return difference <= percentileTolerance * Number(should);
  if (path.endsWith('.avg')) return difference <= rounding * Number(should);
  return String(is) === String(should);
}

/** @throws where the costs in PostGraphile's answer do not add up to the ledger's: it was asked for something else. */
export function expectSameCosts({ name }: BenchQuery, answer: unknown, fromLedger: Groups): void {
  const sum = (costs: readonly unknown[]) => costs.reduce<Big>((sum, cost) => sum.plus(String(cost)), new Big(0));
  const expected = sum([...fromLedger.values()].map((values) => values.get('totalCostUsd')));
  const actual = sum(costsIn(answer));
  if (!actual.eq(expected))
    throw new Error(`"${name}" costs ${actual.toFixed()} in PostGraphile's answer instead of ${expected.toFixed()}`);
}

function costsIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]: [string, unknown]) =>
    name === 'costUsd' ? [child] : costsIn(child),
  );
}
