import type { GraphQLResolveInfo } from 'graphql';
import { builder } from '../graphql/builder.ts';
import { pageSize } from '../graphql/connection.ts';
import type { AgentId, TenantId } from '../values/identifier.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { agentLoader } from '../tenancy/agent.loader.ts';
import { AgentRef } from '../tenancy/agent.type.ts';
import { askedColumns } from './asked-columns.ts';
import type { Dimension, Question, UsageOrder } from './question.ts';
import { loadBreakdown } from './usage.loader.ts';
import { UsageStatsRef } from './usage-stats.type.ts';
import type { UsageRow } from './usage.repository.ts';

const UsageOrderRef = builder.enumType('UsageOrder', {
  description: 'Order of a breakdown. Equal rows are in the order of their names.',
  values: {
    COST_DESC: { description: 'Highest cost first.' },
    CALLS_DESC: { description: 'Most calls first.' },
    TOKENS_DESC: { description: 'Most tokens first.' },
    NAME_ASC: { description: 'By name (of an unregistered agent: by id); rows without one last.' },
  } satisfies Record<UsageOrder, { description: string }>,
});

type BreakdownRow = UsageRow & { tenantId: TenantId };

const stats = 'What its calls add up to.';
const text = (value: string | null) => value ?? 'unknown';

export const AgentUsageRef = builder.objectRef<BreakdownRow>('AgentUsage').implement({
  description: 'Usage of an agent, or of the calls that named none.',
  fields: (t) => ({
    agentId: t.id({
      nullable: true,
      description: 'The agent that calls named; null for calls that named none.',
      resolve: (row) => row.key,
    }),
    agent: t.field({
      type: AgentRef,
      nullable: true,
      description: 'The agent; null when it is not registered.',
      resolve: (row, _args, context) =>
        row.key === null ? null : context.once(agentLoader).load({ tenantId: row.tenantId, id: row.key as AgentId }),
    }),
    stats: t.expose('stats', { type: UsageStatsRef, description: stats }),
  }),
});

export const ProviderUsageRef = builder.objectRef<BreakdownRow>('ProviderUsage').implement({
  description: 'Usage of a provider.',
  fields: (t) => ({
    provider: t.string({
      description: 'The provider; "unknown" where none was recorded.',
      resolve: (row) => text(row.key),
    }),
    stats: t.expose('stats', { type: UsageStatsRef, description: stats }),
  }),
});

export const ModelUsageRef = builder.objectRef<BreakdownRow>('ModelUsage').implement({
  description: 'Usage of a model of a provider.',
  fields: (t) => ({
    provider: t.string({
      description: 'The provider; "unknown" where none was recorded.',
      resolve: (row) => text(row.key),
    }),
    model: t.string({
      description: 'The model; "unknown" where none was recorded.',
      resolve: (row) => text(row.detail),
    }),
    stats: t.expose('stats', { type: UsageStatsRef, description: stats }),
  }),
});

export const ChannelUsageRef = builder.objectRef<BreakdownRow>('ChannelUsage').implement({
  description: 'Usage of a channel.',
  fields: (t) => ({
    channelId: t.string({
      description: 'The channel; "unknown" where none was recorded.',
      resolve: (row) => text(row.key),
    }),
    stats: t.expose('stats', { type: UsageStatsRef, description: stats }),
  }),
});

export const UserUsageRef = builder.objectRef<BreakdownRow>('UserUsage').implement({
  description: 'Usage of a user, or of the calls that named none.',
  fields: (t) => ({
    userId: t.string({
      nullable: true,
      description: 'The user; null for calls that named none.',
      resolve: (row) => row.key,
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

/** Rows of a breakdown of one tenant's question. @throws {ValidationError} on `first`. */
export async function breakdown(
  context: RequestContext,
  question: Question & { tenantId: TenantId },
  dimension: Dimension,
  args: { first?: number | null | undefined; orderBy?: UsageOrder | null | undefined },
  info: GraphQLResolveInfo,
): Promise<BreakdownRow[]> {
  const rows = await loadBreakdown(
    context,
    question,
    dimension,
    { first: pageSize(args.first, 100), orderBy: args.orderBy ?? 'COST_DESC' },
    askedColumns(info),
  );
  return rows.map((row) => ({ ...row, tenantId: question.tenantId }));
}
