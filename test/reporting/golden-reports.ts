import { bucketBorders, type Bucket } from '../../src/reporting/calendar/bucket-borders.ts';
import { planReport, type Numbered, type Scope } from '../../src/reporting/query/plan-report.ts';
import {
  allTenants,
  type Aggregation,
  type GroupKey,
  type GroupPage,
  type Grouping,
  type ReportQuery,
  type UsageFilters,
} from '../../src/reporting/query/report-query.ts';
import { reportSql } from '../../src/reporting/query/report-sql.ts';
import type { DimensionName } from '../../src/rollup/dimensions.ts';
import type { Holding } from '../../src/rollup/holdings.repository.ts';
import { optionalLevels } from '../../src/rollup/levels.ts';
import { clockOf } from '../../src/rollup/local-clock.ts';
import type { Fragment } from '../../src/rollup/summary-sql.ts';
import type { TenantId } from '../../src/values/identifier.ts';

const tenantId = 'acme' as TenantId;
const year = { from: new Date('2025-01-01T00:00:00Z'), to: new Date('2026-01-01T00:00:00Z') };
const berlin = { from: new Date('2024-12-31T23:00:00Z'), to: new Date('2025-12-31T23:00:00Z') };
const ragged = { from: new Date('2025-06-10T09:17:23.456Z'), to: new Date('2025-06-17T14:41:05.789Z') };

const numbers = ['calls', 'cost_usd', 'input_total', 'output_total'];
const percentiles = ['duration_min', 'duration_max', 'duration_sketch'];

interface Asked {
  window: { from: Date; to: Date };
  grouping?: Grouping;
  filters?: UsageFilters;
  columns?: readonly string[];
  tenant?: ReportQuery['tenantId'];
}

const asked = ({
  window,
  grouping = { by: 'total' },
  filters = {},
  columns = numbers,
  tenant = tenantId,
}: Asked): Aggregation => ({
  query: { tenantId: tenant, ...window, filters },
  grouping,
  columns,
});

const byBucket = ({ from, to }: Asked['window'], bucket: Exclude<Bucket, 'NONE'>, timezone: string): Grouping => ({
  by: 'bucket',
  bucket,
  timezone,
  borders: bucketBorders(from, to, bucket, timezone),
});

const by = (dimensions: readonly DimensionName[], first = 10): Grouping => ({
  by: 'dimensions',
  dimensions,
  first,
  orderBy: 'COST_DESC',
});

const page = (dimensions: readonly GroupKey[], more: Partial<GroupPage> = {}): Grouping => ({
  by: 'page',
  dimensions,
  first: 10,
  orderBy: 'COST_DESC',
  after: null,
  othersColumns: numbers,
  othersBuckets: false,
  bucketing: null,
  ...more,
});

const one: Scope = { of: 'one', tenantId };
/** Of a tenant that has every summary, so that what is seen is what is chosen. */
const levels = optionalLevels.map(({ code }) => code);
const clock = clockOf('Europe/Berlin');
const nothingHeld: readonly Holding[] = [{ tenantId, hasUnfolded: false, stale: [], levels, clock }];
const unfolded: readonly Holding[] = [{ tenantId, hasUnfolded: true, stale: [], levels }];
const small: readonly Holding[] = [{ tenantId, hasUnfolded: false, stale: [], levels: [] }];

const statement = (
  aggregations: readonly Aggregation[],
  { scope = one, holdings = nothingHeld }: { scope?: Scope; holdings?: readonly Holding[] } = {},
): Fragment => {
  const numbered: Numbered[] = aggregations.map((aggregation, no) => ({ ...aggregation, no }));
  return reportSql(planReport(numbered, scope, holdings));
};

const day = (no: number) => new Date(Date.UTC(2025, 5, no));

/** Statements of reports as they are sent, by what they are the answer to. */
export const goldenReports: Readonly<Record<string, Fragment>> = {
  'totals-of-a-year': statement([asked({ window: year })]),
  'totals-with-percentiles': statement([asked({ window: year, columns: [...numbers, ...percentiles] })]),
  'by-utc-day': statement([asked({ window: year, grouping: byBucket(year, 'DAY', 'UTC') })]),
  'by-day-in-berlin': statement([asked({ window: berlin, grouping: byBucket(berlin, 'DAY', 'Europe/Berlin') })]),
  'by-day-in-kathmandu-of-a-tenant-in-berlin': statement([
    asked({ window: berlin, grouping: byBucket(berlin, 'DAY', 'Asia/Kathmandu') }),
  ]),
  'totals-of-a-year-in-berlin': statement([asked({ window: berlin })]),
  'by-agent': statement([asked({ window: year, grouping: by(['agentId']) })]),
  'by-model-of-one-agent': statement([
    asked({ window: year, grouping: by(['provider', 'model']), filters: { agentId: ['agent-00'] } }),
  ]),
  'ragged-week-of-a-user': statement([
    asked({ window: ragged, grouping: byBucket(ragged, 'HOUR', 'UTC'), filters: { userId: ['user-000'] } }),
  ]),
  'totals-days-and-agents-with-unfolded-calls': statement(
    [
      asked({ window: ragged }),
      asked({ window: ragged, grouping: byBucket(ragged, 'DAY', 'UTC') }),
      asked({ window: ragged, grouping: by(['agentId']) }),
    ],
    { holdings: unfolded },
  ),
  'totals-with-a-call-voided-since-the-fold': statement([asked({ window: year })], {
    holdings: [{ tenantId, hasUnfolded: false, stale: [Date.parse('2025-06-10T09:00:00Z')], levels }],
  }),
  'three-days-by-agent-under-aliases': statement(
    [1, 2, 3].map((no) => asked({ window: { from: day(no), to: day(no + 1) }, grouping: by(['agentId'], 100) })),
  ),
  'ragged-week-of-a-small-tenant': statement([asked({ window: ragged })], { holdings: small }),
  'ragged-week-by-channel-of-a-small-tenant': statement([asked({ window: ragged, grouping: by(['channelId']) })], {
    holdings: small,
  }),
  'totals-of-several-tenants': statement(
    ['acme', 'globex'].map((id) => asked({ window: year, tenant: id as TenantId })),
    { scope: { of: 'some' } },
  ),
  'total-of-all-tenants': statement([asked({ window: year, tenant: allTenants })], {
    scope: { of: 'all' },
    holdings: [],
  }),
  'days-stacked-by-model': statement([
    asked({
      window: year,
      grouping: page(['model'], {
        bucketing: { bucket: 'DAY', timezone: 'UTC', borders: bucketBorders(year.from, year.to, 'DAY', 'UTC') },
      }),
    }),
  ]),
  'second-page-of-users-of-agents': statement([
    asked({
      window: ragged,
      grouping: page(['agentId', 'userId'], { after: { number: '1.25', keys: ['agent-00', 'ada'], name: 'Bot' } }),
    }),
  ]),
  'models-of-all-tenants': statement(
    [asked({ window: year, grouping: page(['tenantId', 'model']), tenant: allTenants })],
    { scope: { of: 'all' }, holdings: [] },
  ),
  'days-by-agent-of-all-tenants-some-with-further-summaries': statement(
    [asked({ window: { from: day(1), to: day(4) }, grouping: by(['agentId']), tenant: allTenants })],
    { scope: { of: 'all' }, holdings: nothingHeld },
  ),
};
