import type { Bucket, OverviewQuery } from '../../gql/graphql.ts';
import { formatCompactUsd, formatUsd, Usd } from '../../format/numbers.tsx';
import { formatBucket } from '../../format/times.tsx';
import { Chart } from '../../parts/chart.tsx';
import { Table } from '../../parts/table.tsx';

export function CostByModel({ usage, bucket }: { usage: OverviewQuery['usage']; bucket: Bucket }) {
  const { edges, others } = usage.models;
  const rows = [
    ...edges.map(({ node }) => ({ name: node.values[0]?.value ?? 'none', stats: node.stats, buckets: node.buckets })),
    ...(others ? [{ name: 'All other models', stats: others.stats, buckets: others.buckets }] : []),
  ];
  return (
    <section>
      <h2>Cost by model</h2>
      <Chart
        label="Cost by model over time. The table below has the totals."
        labels={usage.buckets.map(({ localStart }) => formatBucket(localStart, bucket))}
        series={rows.map(({ name, buckets }) => ({
          name,
          values: buckets.map(({ stats }) => Number(stats.totalCostUsd)),
          texts: buckets.map(({ stats }) => formatUsd(stats.totalCostUsd)),
        }))}
        hasOthers={others !== null}
        kind="bars"
        formatAxis={formatCompactUsd}
      />
      <Table
        caption="Cost by model"
        rows={rows}
        keyOf={({ name }) => name}
        columns={[
          { name: 'Model', cell: ({ name }) => name },
          { name: 'Cost', isNumber: true, cell: ({ stats }) => <Usd value={stats.totalCostUsd} /> },
        ]}
      />
    </section>
  );
}
