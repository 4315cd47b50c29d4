import type { StatedFragment, StatedGroupsFragment } from '../../gql/graphql.ts';
import { formatExactUsd, formatWhole, Whole, type Decimal } from '../../format/numbers.tsx';
import { Table, type Column } from '../../parts/table.tsx';
import { toCsv } from '../explore/csv.ts';
import { nameOfKey } from '../explore/dimensions.ts';
import { saveCsv } from '../explore/save-csv.ts';

/** An amount with every digit, as sums of it have to be. */
export const ExactUsd = ({ value }: { value: Decimal }) => (
  <data class="number" value={value}>
    {formatExactUsd(value)}
  </data>
);

/** A row of what calls add up to. */
export interface StatedRow {
  key: string;
  names: readonly string[];
  stats: StatedFragment;
}

const numbers: readonly (Column<StatedRow> & { exact: (stats: StatedFragment) => string })[] = [
  {
    name: 'Calls',
    isNumber: true,
    cell: ({ stats }) => <Whole value={stats.totalCalls} />,
    exact: ({ totalCalls }) => String(totalCalls),
  },
  {
    name: 'Tokens',
    isNumber: true,
    cell: ({ stats }) => <Whole value={stats.totalTokens} />,
    exact: ({ totalTokens }) => String(totalTokens),
  },
  {
    name: 'Without a price',
    isNumber: true,
    cell: ({ stats }) => <Whole value={stats.unpricedCalls} />,
    exact: ({ unpricedCalls }) => String(unpricedCalls),
  },
  {
    name: 'Cost',
    isNumber: true,
    cell: ({ stats }) => <ExactUsd value={stats.totalCostUsd} />,
    exact: ({ totalCostUsd }) => totalCostUsd,
  },
];

/** Groups of a report as rows, with all others as the last one. */
export function rowsOf({ groupCount, edges, others }: StatedGroupsFragment): StatedRow[] {
  const rows = edges.map(({ node }): StatedRow => {
    const names = node.values.map(({ value }) => value ?? 'none');
    return { key: JSON.stringify(names), names: node.agent ? [node.agent.name] : names, stats: node.stats };
  });
  const count = `${formatWhole(groupCount - rows.length)} others`;
  return others ? [...rows, { key: 'others', names: [count], stats: others.stats }] : rows;
}

/** Rows with their total below them. */
export function StatedTable({
  caption,
  headings,
  rows,
  totals,
}: {
  caption: string;
  headings: readonly string[];
  rows: readonly StatedRow[];
  totals: StatedFragment;
}) {
  return (
    <Table
      caption={caption}
      rows={[...rows, { key: 'total', names: ['Total'], stats: totals }]}
      keyOf={({ key }) => key}
      columns={[
        ...headings.map((name, index) => ({ name, cell: ({ names }: StatedRow) => names[index] ?? '' })),
        ...numbers,
      ]}
    />
  );
}

/** Groups of a report, which add up to it. */
export function Grouped({
  by,
  month,
  groups,
  totals,
}: {
  by: string;
  month: string;
  groups: StatedGroupsFragment;
  totals: StatedFragment;
}) {
  const rows = rowsOf(groups);
  const save = () => {
    const lines = rows.map(({ names, stats }) => [names[0] ?? '', ...numbers.map(({ exact }) => exact(stats))]);
    const header = [nameOfGroup(by), ...numbers.map(({ name }) => name)];
    saveCsv(`usage-${month}-by-${by.toLowerCase().replace(':', '-')}.csv`, toCsv(header, lines, 1));
  };
  return (
    <>
      <StatedTable
        caption={`By ${nameOfGroup(by).toLowerCase()}`}
        headings={[nameOfGroup(by)]}
        rows={rows}
        totals={totals}
      />
      <Actions save={save} />
    </>
  );
}

/** What can be chosen to group by besides tags. */
export const nameOfGroup = (by: string): string => (by === 'TENANT' ? 'Tenant' : nameOfKey(by));

export const Actions = ({ save }: { save: () => void }) => (
  <p class="row">
    <button type="button" onClick={save}>
      Download as CSV
    </button>
    <button type="button" onClick={() => print()}>
      Print
    </button>
  </p>
);
