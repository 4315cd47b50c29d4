import { useQuery } from '../../api/use-query.ts';
import { TagNamesDocument, TagRankingDocument, type Period, type RankingFragment } from '../../gql/graphql.ts';
import { formatShare, formatWhole, Usd, Whole } from '../../format/numbers.tsx';
import { Loaded } from '../../parts/notices.tsx';
import { Table } from '../../parts/table.tsx';

const shownTags = 3;

/** Who or what cost most, and all others. */
export function Ranking({ title, of, groups }: { title: string; of: string; groups: RankingFragment }) {
  const rows = [
    ...groups.edges.map(({ node }) => ({
      key: `value ${node.values[0]?.label ?? ''}`,
      name: node.agent?.name ?? node.values[0]?.label ?? 'none',
      share: node.share,
      stats: node.stats,
    })),
    ...(groups.others
      ? [{ key: 'others', name: `${formatWhole(groups.groupCount - groups.edges.length)} others`, ...groups.others }]
      : []),
  ];
  return (
    <section>
      <h2>{title}</h2>
      <Table
        caption={title}
        rows={rows}
        keyOf={({ key }) => key}
        columns={[
          { name: of, cell: ({ name }) => name },
          { name: 'Cost', isNumber: true, cell: ({ stats }) => <Usd value={stats.totalCostUsd} /> },
          { name: 'Share', isNumber: true, cell: ({ share }) => formatShare(share) },
          { name: 'Calls', isNumber: true, cell: ({ stats }) => <Whole value={stats.totalCalls} /> },
        ]}
      />
    </section>
  );
}

export function TagRankings({ tenantId, period }: { tenantId: string; period: Period }) {
  const { data } = useQuery(TagNamesDocument, { tenantId, first: shownTags });
  return (
    <>
      {data?.tags.edges.map(({ node: { name } }) => (
        <TagRanking key={name} tenantId={tenantId} period={period} name={name} />
      ))}
    </>
  );
}

function TagRanking(asked: { tenantId: string; period: Period; name: string }) {
  const report = useQuery(TagRankingDocument, asked);
  return (
    <Loaded of={report}>
      {({ usage }) => <Ranking title={`Tag ${asked.name}`} of={asked.name} groups={usage.groups} />}
    </Loaded>
  );
}
