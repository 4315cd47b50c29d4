import { builder } from '../graphql/builder.ts';
import { readable } from '../values/unreadable.ts';
import { connectionType, pageArgs, readPage, toConnection } from '../graphql/connection.ts';
import type { Tenant } from '../tenancy/tenant.entity.ts';
import { listTenants } from '../tenancy/tenant.repository.ts';
import { TenantRef } from '../tenancy/tenant.type.ts';
import { askedColumns } from './query/asked-columns.ts';
import { AgentUsageRef, breakdown, breakdownArgs, ModelUsageRef, ProviderUsageRef } from './breakdown.type.ts';
import { AppliedFiltersRef, compared, ComparisonRef, readFilters, type AppliedFilters } from './filters.type.ts';
import { reportArgs } from './report-args.type.ts';
import { allTenants, type ReportQuery } from './query/report-query.ts';
import { loadBuckets, loadTotals } from './usage.loader.ts';
import { groupsField, groupsOf } from './groups.type.ts';
import { windowOfCursors } from './group-cursor.ts';
import { UsageBucketRef } from './usage-bucket.type.ts';
import { UsageStatsRef } from './usage-stats.type.ts';
import { resolveQuery } from './window.ts';

interface TenantUsage extends Pick<AppliedFilters, 'bucket' | 'timezone'> {
  tenant: Tenant;
  query: ReportQuery & { tenantId: Tenant['id'] };
}

const TenantUsageRef = builder.objectRef<TenantUsage>('TenantUsage').implement({
  description: "One tenant's usage within a report over all tenants.",
  fields: (t) => ({
    tenant: t.expose('tenant', { type: TenantRef, description: 'The tenant.' }),
    stats: t.field({
      type: UsageStatsRef,
      description: 'Totals of its calls.',
      resolve: (usage, _args, context, info) => loadTotals(context, usage.query, askedColumns(info)),
    }),
    byAgent: t.field({
      type: [AgentUsageRef],
      description: 'Usage by agent; loaded for all tenants of the page at once.',
      args: breakdownArgs('COST_DESC'),
      resolve: (usage, args, context, info) => breakdown(context, usage.query, ['agentId'], args, info),
    }),
    byProvider: t.field({
      type: [ProviderUsageRef],
      description: 'Usage by provider; loaded for all tenants of the page at once.',
      args: breakdownArgs('COST_DESC'),
      resolve: (usage, args, context, info) => breakdown(context, usage.query, ['provider'], args, info),
    }),
    byModel: t.field({
      type: [ModelUsageRef],
      description: 'Usage by provider and model; loaded for all tenants of the page at once.',
      args: breakdownArgs('COST_DESC'),
      resolve: (usage, args, context, info) => breakdown(context, usage.query, ['provider', 'model'], args, info),
    }),
    buckets: t.field({
      type: [UsageBucketRef],
      description: "The report's buckets, of this tenant alone, in order and without gaps; at most 10,000.",
      args: {
        inTenantZone: t.arg.boolean({
          required: true,
          defaultValue: false,
          description: "Whether they follow the clock of the tenant's own time zone instead of the report's.",
        }),
      },
      resolve: ({ tenant, query, bucket, timezone }, { inTenantZone }, context, info) =>
        loadBuckets(context, query, bucket, inTenantZone ? tenant.timezone : timezone, askedColumns(info)),
    }),
  }),
});

const TenantUsageConnection = connectionType('TenantUsage', TenantUsageRef);

const AllUsageReportRef = builder.objectRef<AppliedFilters>('AllUsageReport');

AllUsageReportRef.implement({
  description: "Every tenant's usage in a window.",
  fields: (t) => ({
    tenants: t.field({
      type: TenantUsageConnection,
      description: 'Every tenant, ordered by id, including those without calls.',
      args: pageArgs({ showDefault: false }),
      resolve: async ({ query, bucket, timezone }, args, context) => {
        const page = readPage(args, 1);
        const rows = (await listTenants(context.em, page)).map((tenant) => ({
          tenant,
          bucket,
          timezone,
          query: { ...query, tenantId: tenant.id },
        }));
        return toConnection(rows, page, ({ tenant }) => [tenant.id]);
      },
    }),
    total: t.field({
      type: UsageStatsRef,
      description: 'Totals over every tenant, not only those of the page.',
      resolve: ({ query }, _args, context, info) => loadTotals(context, query, askedColumns(info)),
    }),
    buckets: t.field({
      type: [UsageBucketRef],
      description: 'Every bucket of the window, over all tenants, in order and without gaps; at most 10,000.',
      resolve: ({ query, bucket, timezone }, _args, context, info) =>
        loadBuckets(context, query, bucket, timezone, askedColumns(info)),
    }),
    groups: t.field({
      ...groupsField,
      resolve: (report, args, context, info) => groupsOf(report, args, context, info),
    }),
    compare: t.field({
      type: AllUsageReportRef,
      description: 'The same report over a window before: the same buckets, filters and time zone.',
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

builder.queryField('allUsage', (t) =>
  t.field({
    type: AllUsageReportRef,
    description:
      "Every tenant's usage in the window [from, to), and the grand total. For superusers and platform viewers.",
    args: reportArgs('NONE', 'UTC'),
    authScopes: { readPlatform: true },
    resolve: async (_parent, args, context, info) => {
      const { bucket } = args;
      const timezone = readable(args.timezone, 'timezone') ?? 'UTC';
      const asked = { tenantId: allTenants, filters: readFilters(args.filters) } as const;
      const window = { bucket, timezone, goingOn: windowOfCursors(info) };
      return { bucket, timezone, query: await resolveQuery(context, args, asked, window) };
    },
  }),
);
