import type { GraphQLResolveInfo } from 'graphql';
import type { RequestContext } from '../caller/request-context.ts';
import { builder } from '../graphql/builder.ts';
import { readable, type Unreadable } from '../values/unreadable.ts';
import type { TenantId } from '../values/identifier.ts';
import { targetTenant } from '../caller/principal.ts';
import type { Tenant } from '../tenancy/tenant.entity.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { TenantRef } from '../tenancy/tenant.type.ts';
import {
  AgentUsageRef,
  breakdown,
  breakdownArgs,
  ChannelUsageRef,
  ModelUsageRef,
  ProviderUsageRef,
  UserUsageRef,
} from './breakdown.type.ts';
import type { Bucket } from './calendar/bucket-borders.ts';
import { askedColumns } from './query/asked-columns.ts';
import {
  AppliedFiltersRef,
  compared,
  ComparisonRef,
  readFilters,
  type AppliedFilters,
  type GivenFilters,
} from './filters.type.ts';
import { reportArgs } from './report-args.type.ts';
import { groupsField, groupsOf } from './groups.type.ts';
import { windowOfCursors } from './group-cursor.ts';
import type { ReportQuery } from './query/report-query.ts';
import { UsageBucketRef } from './usage-bucket.type.ts';
import { loadBuckets, loadTotals } from './usage.loader.ts';
import { UsageStatsRef } from './usage-stats.type.ts';
import { resolveQuery, type ReportWindowArgs } from './window.ts';

interface UsageReport extends AppliedFilters {
  tenant: Tenant;
  query: ReportQuery & { tenantId: TenantId };
}

export const UsageReportRef = builder.objectRef<UsageReport>('UsageReport');

UsageReportRef.implement({
  description: "One tenant's usage in a window. A whole report is read from one snapshot, so its numbers add up.",
  fields: (t) => ({
    tenant: t.expose('tenant', { type: TenantRef, description: 'The tenant.' }),
    totals: t.field({
      type: UsageStatsRef,
      description: 'Totals of all calls in the window.',
      resolve: (report, _args, context, info) => loadTotals(context, report.query, askedColumns(info)),
    }),
    buckets: t.field({
      type: [UsageBucketRef],
      description: 'Every bucket of the window, in order and without gaps; at most 10,000.',
      resolve: ({ query, bucket, timezone }, _args, context, info) =>
        loadBuckets(context, query, bucket, timezone, askedColumns(info)),
    }),
    byAgent: t.field({
      type: [AgentUsageRef],
      description: 'Usage by agent.',
      args: breakdownArgs('COST_DESC'),
      resolve: (report, args, context, info) => breakdown(context, report.query, ['agentId'], args, info),
    }),
    byProvider: t.field({
      type: [ProviderUsageRef],
      description: 'Usage by provider.',
      args: breakdownArgs('COST_DESC'),
      resolve: (report, args, context, info) => breakdown(context, report.query, ['provider'], args, info),
    }),
    byModel: t.field({
      type: [ModelUsageRef],
      description: 'Usage by provider and model.',
      args: breakdownArgs('COST_DESC'),
      resolve: (report, args, context, info) => breakdown(context, report.query, ['provider', 'model'], args, info),
    }),
    byChannel: t.field({
      type: [ChannelUsageRef],
      description: 'Usage by channel.',
      args: breakdownArgs('CALLS_DESC'),
      resolve: (report, args, context, info) => breakdown(context, report.query, ['channelId'], args, info),
    }),
    byUser: t.field({
      type: [UserUsageRef],
      description: 'Usage by user.',
      args: breakdownArgs('COST_DESC'),
      resolve: (report, args, context, info) => breakdown(context, report.query, ['userId'], args, info),
    }),
    groups: t.field({
      ...groupsField,
      resolve: (report, args, context, info) => groupsOf(report, args, context, info),
    }),
    compare: t.field({
      type: UsageReportRef,
      description: 'The same report over a window before: the same buckets, filters, time zone and tenant.',
      args: { to: t.arg({ type: ComparisonRef, required: true, description: 'Which window.' }) },
      resolve: (report, { to }) => compared(report, to),
    }),
    filtersApplied: t.field({
      type: AppliedFiltersRef,
      description: 'What the report was asked for, with defaults filled in.',
      resolve: (report) => report,
    }),
  }),
});

export interface ReportArgs extends ReportWindowArgs {
  bucket: Bucket;
  timezone?: string | Unreadable | null | undefined;
  filters?: GivenFilters | null | undefined;
  tenantId?: string | null | undefined;
}

/** The report that is asked for. @throws {ValidationError} naming the argument. */
export async function readReport(
  context: RequestContext,
  args: ReportArgs,
  info: GraphQLResolveInfo,
): Promise<UsageReport> {
  const tenant = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
  const { bucket } = args;
  const timezone = readable(args.timezone, 'timezone') ?? tenant.timezone;
  const asked = { tenantId: tenant.id, filters: readFilters(args.filters) };
  const window = { bucket, timezone, goingOn: windowOfCursors(info) };
  const query = await resolveQuery(context, args, asked, window);
  return { tenant, bucket, timezone, query: { ...query, tenantId: tenant.id } };
}

builder.queryField('usage', (t) =>
  t.field({
    type: UsageReportRef,
    description: "One tenant's usage in the window [from, to).",
    args: {
      ...reportArgs('DAY', "the tenant's own"),
      tenantId: t.arg.id({ description: 'Tenant of the report; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: (_parent, args, context, info) => readReport(context, args, info),
  }),
);
