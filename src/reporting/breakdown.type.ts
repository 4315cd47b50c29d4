import type { GraphQLResolveInfo } from 'graphql';
import { builder } from '../graphql/builder.ts';
import { pageSize } from '../graphql/connection.ts';
import type { AgentId, TenantId } from '../values/identifier.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { agentLoader } from '../tenancy/agent.loader.ts';
import { AgentRef } from '../tenancy/agent.type.ts';
import { askedColumns } from './query/asked-columns.ts';
import type { DimensionName } from '../rollup/dimensions.ts';
import { shownLabel, shownValue, type ReportQuery, type UsageOrder } from './query/report-query.ts';
import { loadGroups } from './usage.loader.ts';
import { UsageStatsRef } from './usage-stats.type.ts';
import type { UsageRow } from './usage.repository.ts';

export const UsageOrderRef = builder.enumType('UsageOrder', {
  description: 'Order of groups. Ties are ordered by name.',
  values: {
    COST_DESC: { description: 'Highest cost first.' },
    CALLS_DESC: { description: 'Most calls first.' },
    TOKENS_DESC: { description: 'Most tokens first.' },
    NAME_ASC: { description: 'By name, or by id for unregistered agents; rows without a name come last.' },
  } satisfies Record<UsageOrder, { description: string }>,
});

/** A group of a breakdown, with its tenant and the dimensions that it is grouped by. */
type BreakdownRow = UsageRow & { tenantId: TenantId; dimensions: readonly DimensionName[] };

const stats = 'Totals of its calls.';

/** The group's value of a dimension; null for calls that have none. */
const value = ({ keys, dimensions }: BreakdownRow, name: DimensionName) =>
  shownValue(name, keys[dimensions.indexOf(name)]);
const named = (name: DimensionName) => (row: BreakdownRow) => value(row, name) ?? 'unknown';

export const AgentUsageRef = builder.objectRef<BreakdownRow>('AgentUsage').implement({
  description: 'Usage of one agent, or of the calls that named none.',
  fields: (t) => ({
    agentId: t.id({
      nullable: true,
      description: 'Id of the agent, as calls name it; null for the calls that named none.',
      resolve: (row) => value(row, 'agentId'),
    }),
    agent: t.field({
      type: AgentRef,
      nullable: true,
      description: 'The registered agent; null when it is not registered.',
      resolve: (row, _args, context) => {
        const id = value(row, 'agentId') as AgentId | null;
        return id === null ? null : context.once(agentLoader).load({ tenantId: row.tenantId, id });
      },
    }),
    stats: t.expose('stats', { type: UsageStatsRef, description: stats }),
  }),
});

export const ProviderUsageRef = builder.objectRef<BreakdownRow>('ProviderUsage').implement({
  description: 'Usage of one provider.',
  fields: (t) => ({
    provider: t.string({
      description: 'The provider; "unknown" for calls that named none.',
      resolve: named('provider'),
    }),
    stats: t.expose('stats', { type: UsageStatsRef, description: stats }),
  }),
});

export const ModelUsageRef = builder.objectRef<BreakdownRow>('ModelUsage').implement({
  description: 'Usage of one model of a provider.',
  fields: (t) => ({
    provider: t.string({
      description: 'The provider; "unknown" for calls that named none.',
      resolve: named('provider'),
    }),
    model: t.string({
      description: 'The model; "unknown" for calls that named none.',
      resolve: named('model'),
    }),
    stats: t.expose('stats', { type: UsageStatsRef, description: stats }),
  }),
});

export const ChannelUsageRef = builder.objectRef<BreakdownRow>('ChannelUsage').implement({
  description: 'Usage of one channel.',
  fields: (t) => ({
    channelId: t.string({
      description: 'The channel; "unknown" for calls that named none.',
      resolve: named('channelId'),
    }),
    stats: t.expose('stats', { type: UsageStatsRef, description: stats }),
  }),
});

export const UserUsageRef = builder.objectRef<BreakdownRow>('UserUsage').implement({
  description: 'Usage of one user, of all erased users, or of the calls that named none.',
  fields: (t) => ({
    userId: t.string({
      nullable: true,
      description: 'The user; null for the calls that named none, and for those of erased users.',
      resolve: (row) => value(row, 'userId'),
    }),
    label: t.string({
      nullable: true,
      description:
        'What to show for it: the user, or "erased" for users that were erased; null for calls that named none.',
      resolve: ({ keys, dimensions }) => shownLabel('userId', keys[dimensions.indexOf('userId')]),
    }),
    stats: t.expose('stats', { type: UsageStatsRef, description: stats }),
  }),
});

/** Arguments of every breakdown. */
export const breakdownArgs = (orderBy: UsageOrder) =>
  builder.args((t) => ({
    first: t.int({ defaultValue: 100, description: 'How many rows, 1 to 1,000.' }),
    orderBy: t.field({ type: UsageOrderRef, defaultValue: orderBy, description: 'Which rows come first.' }),
  }));

/** Rows of a breakdown of one tenant's report. @throws {ValidationError} on `first`. */
export async function breakdown(
  context: RequestContext,
  query: ReportQuery & { tenantId: TenantId },
  dimensions: readonly DimensionName[],
  args: { first?: number | null | undefined; orderBy?: UsageOrder | null | undefined },
  info: GraphQLResolveInfo,
): Promise<BreakdownRow[]> {
  const rows = await loadGroups(
    context,
    query,
    dimensions,
    { first: pageSize(args.first, 100), orderBy: args.orderBy ?? 'COST_DESC' },
    askedColumns(info),
  );
  return rows.map((row) => ({ ...row, tenantId: query.tenantId, dimensions }));
}
