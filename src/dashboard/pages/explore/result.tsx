import type { ExploreQuery } from '../../gql/graphql.ts';
import { formatCompact, formatShare, formatWhole } from '../../format/numbers.tsx';
import { formatBucket, formatDate } from '../../format/times.tsx';
import { Chart } from '../../parts/chart.tsx';
import { Table } from '../../parts/table.tsx';
import { toCsv } from './csv.ts';
import { nameOfKey } from './dimensions.ts';
import { nameOfShare, type Measure, type Stats } from './measures.ts';
import { saveCsv } from './save-csv.ts';
import type { ExploreState } from './state.ts';

type Usage = ExploreQuery['usage'];

interface Row {
  key: string;
  /** One name for each dimension. */
  names: string[];
  share: number;
  stats: Stats;
  buckets: { stats: Stats }[];
}

const noValue = 'none';

function rowsOf({ groups }: Usage, keys: readonly string[]): Row[] {
  const rows = groups.edges.map(({ node }): Row => {
    const names = node.values.map(({ label }) => label ?? noValue);
    return { ...node, key: JSON.stringify(node.values), names };
  });
  if (!groups.others) return rows;
  const count = `${formatWhole(groups.groupCount - rows.length)} others`;
  return [...rows, { ...groups.others, key: 'others', names: keys.map((_, index) => (index === 0 ? count : '')) }];
}

/** The report as a chart with its table, or as a table by bucket, and its numbers to download. */
export function Result({ usage, state }: { usage: Usage; state: ExploreState }) {
  const { measure, keys, view, bucket } = state;
  const rows = rowsOf(usage, keys);
  const { from, to, timezone } = usage.filtersApplied;
  if (rows.length === 0) return <p class="empty">No calls match. Remove a filter, or choose another period.</p>;
  const save = () => saveCsv(`usage-${state.measureId}-${state.period.toLowerCase()}.csv`, csvOf(usage, rows, state));
  return (
    <section>
      <p>
        {measure.name} of all groups:{' '}
        <strong>
          <Value measure={measure} stats={usage.totals} />
        </strong>
        <span class="quiet">
          , {formatDate(from, timezone)} – {formatDate(to, timezone)}, {timezone}
        </span>
      </p>
      {view === 'table' ? (
        <ByBucket usage={usage} rows={rows} state={state} />
      ) : (
        <Chart
          label={`${measure.name} over time by ${keys.map(nameOfKey).join(' and ')}. The table below has the totals.`}
          labels={usage.buckets.map(({ localStart }) => formatBucket(localStart, bucket))}
          series={rows.map(({ names, buckets }) => ({
            name: names.filter((name) => name !== '').join(' · '),
            values: buckets.map(({ stats }) => Number(measure.exact(stats))),
            texts: buckets.map(({ stats }) => measure.format(measure.exact(stats))),
          }))}
          hasOthers={usage.groups.others !== null}
          kind={view}
          formatAxis={measure.part === 'cost' ? (value) => measure.format(String(value)) : axisOf(measure)}
        />
      )}
      <Table
        caption={`${measure.name} by group`}
        rows={rows}
        keyOf={({ key }) => key}
        columns={[
          ...keys.map((key, index) => ({ name: nameOfKey(key), cell: ({ names }: Row) => names[index] })),
          {
            name: measure.name,
            isNumber: true,
            cell: ({ stats }: Row) => <Value measure={measure} stats={stats} />,
          },
          { name: nameOfShare(measure), isNumber: true, cell: ({ share }: Row) => formatShare(share) },
        ]}
      />
      <p>
        <button type="button" onClick={save}>
          Download as CSV
        </button>
      </p>
    </section>
  );
}

const axisOf = (measure: Measure) => (value: number) =>
  measure.part === 'failures' && !measure.isAdditive ? measure.format(String(value)) : formatCompact(value);

const Value = ({ measure, stats }: { measure: Measure; stats: Stats }) => {
  const exact = measure.exact(stats);
  return (
    <data class="number" value={exact} title={exact}>
      {measure.format(exact)}
    </data>
  );
};

function ByBucket({ usage, rows, state: { measure, bucket } }: { usage: Usage; rows: Row[]; state: ExploreState }) {
  return (
    <Table
      caption={`${measure.name} over time`}
      rows={usage.buckets.map(({ localStart, stats }, index) => ({ localStart, stats, index }))}
      keyOf={({ index }) => String(index)}
      columns={[
        { name: 'From', cell: ({ localStart }) => formatBucket(localStart, bucket) },
        ...rows.map(({ names, buckets }) => ({
          name: names.filter((name) => name !== '').join(' · '),
          isNumber: true,
          cell: ({ index }: { index: number }) => {
            const at = buckets[index];
            return at && <Value measure={measure} stats={at.stats} />;
          },
        })),
        { name: 'All', isNumber: true, cell: ({ stats }) => <Value measure={measure} stats={stats} /> },
      ]}
    />
  );
}

/** A line for each group: its total, its share, and its exact value in each bucket. */
function csvOf(usage: Usage, rows: readonly Row[], { keys, measure }: ExploreState): string {
  const header = [
    ...keys.map(nameOfKey),
    measure.name,
    nameOfShare(measure),
    ...usage.buckets.map(({ localStart }) => localStart ?? ''),
  ];
  const lines = rows.map(({ names, share, stats, buckets }) => [
    ...names,
    measure.exact(stats),
    String(share),
    ...buckets.map((bucket) => measure.exact(bucket.stats)),
  ]);
  return toCsv(header, lines, keys.length);
}
