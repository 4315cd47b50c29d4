import { useQuery } from '../../api/use-query.ts';
import { useUpdates } from '../../api/use-updates.ts';
import { AnyCallDocument, OverviewDocument, OverviewUpdatesDocument } from '../../gql/graphql.ts';
import { FirstCall } from '../../parts/first-call.tsx';
import { LiveMark } from '../../parts/live-mark.tsx';
import { Loaded } from '../../parts/notices.tsx';
import { PeriodPicker, periodOf, periods } from '../../parts/period-picker.tsx';
import { addressOf } from '../../routing.ts';
import type { Page, PageProps } from '../page.ts';
import { CostByModel } from './cost-by-model.tsx';
import { Headlines } from './headlines.tsx';
import { Ranking, TagRankings } from './rankings.tsx';

export const overview: Page = {
  name: 'overview',
  title: 'Overview',
  isOffered: ({ readsUsage }) => readsUsage,
  Content: Overview,
};

function Overview({ tenant, params }: PageProps) {
  const period = periodOf(params);
  const { bucket } = periods[period];
  const asked = { tenantId: tenant.id, period, bucket };
  const report = useQuery(OverviewDocument, asked);
  const updates = useUpdates(OverviewUpdatesDocument, asked);
  return (
    <>
      <div class="controls">
        <PeriodPicker period={period} />
        <LiveMark isConnected={updates.isConnected} />
      </div>
      <Loaded of={report}>
        {({ usage: asOpened }) => {
          const usage = updates.data?.usageUpdates ?? asOpened;
          return usage.totals.totalCalls === 0 ? (
            <NoCalls tenantId={tenant.id} />
          ) : (
            <>
              <Headlines usage={usage} />
              <CostByModel usage={usage} bucket={bucket} />
              <div class="columns">
                <Ranking title="Top agents" of="Agent" groups={usage.agents} />
                <Ranking title="Top users" of="User" groups={usage.users} />
                <TagRankings tenantId={tenant.id} period={period} />
              </div>
              <p>
                <a href={addressOf('explore', { tenant: tenant.id, period })}>Explore this period</a>
              </p>
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function NoCalls({ tenantId }: { tenantId: string }) {
  const any = useQuery(AnyCallDocument, { tenantId });
  return (
    <Loaded of={any}>
      {({ calls }) =>
        calls.edges.length > 0 ? (
          <p class="empty">There are no calls in this period. Choose another.</p>
        ) : (
          <FirstCall tenantId={tenantId} title="This tenant has no calls yet" />
        )
      }
    </Loaded>
  );
}
