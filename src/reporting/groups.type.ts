import { Big } from 'big.js';
import type { GraphQLResolveInfo } from 'graphql';
import { builder } from '../graphql/builder.ts';
import { connectionType, pageOf, pageSize, type Connection } from '../graphql/connection.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { dimensions, tagDimension, tagOf } from '../rollup/dimensions.ts';
import { cost } from '../rollup/measures.ts';
import { agentLoader } from '../tenancy/agent.loader.ts';
import { AgentRef } from '../tenancy/agent.type.ts';
import { ValidationError } from '../values/errors.ts';
import { tagName } from '../values/tags.ts';
import type { AgentId, TenantId } from '../values/identifier.ts';
import { formatDecimal } from '../values/money.ts';
import { UsageOrderRef } from './breakdown.type.ts';
import type { AppliedFilters } from './filters.type.ts';
import { groupCursorKey, readGroupPlace } from './group-cursor.ts';
import { rankedBy } from './query/plan-report.ts';
import { askedColumns, below, type Place } from './query/asked-columns.ts';
import { allTenants, shownLabel, shownValue, type GroupKey, type UsageOrder } from './query/report-query.ts';
import { UsageBucketRef } from './usage-bucket.type.ts';
import { loadGroupPage, type LoadedGroup } from './usage.loader.ts';
import { UsageStatsRef } from './usage-stats.type.ts';

const maxKeys = 4;

/** "knowledgeBaseId" is KNOWLEDGE_BASE. */
const enumName = (key: GroupKey): string =>
  key
    .replace(/Id$/, '')
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase();

export const DimensionRef = builder.enumType('Dimension', {
  description: 'What calls can be put into groups by.',
  values: Object.fromEntries(
    [{ name: 'tenantId' as const, description: 'Tenants, in reports over all of them.' }, ...dimensions].map(
      ({ name, description }) => [enumName(name), { value: name as GroupKey, description }],
    ),
  ),
});

export const GroupByInput = builder.inputType('GroupBy', {
  description: 'One of the things that calls are put into groups by.',
  isOneOf: true,
  fields: (t) => ({
    dimension: t.field({ type: DimensionRef, description: 'A dimension that every call has.' }),
    tag: t.string({ description: 'The name of a tag.' }),
  }),
});

interface GroupValue {
  key: GroupKey;
  /** As groups have it. */
  own: string | undefined;
}

const GroupValueRef = builder.objectRef<GroupValue>('GroupValue').implement({
  description: 'What the calls of a group have in common.',
  fields: (t) => ({
    dimension: t.field({
      type: DimensionRef,
      nullable: true,
      description: 'The dimension; null for a tag.',
      resolve: ({ key }) => (tagOf(key) === undefined ? key : null),
    }),
    tag: t.string({
      nullable: true,
      description: 'The name of the tag; null for a dimension.',
      resolve: ({ key }) => tagOf(key),
    }),
    value: t.string({
      nullable: true,
      description:
        'The value; null for calls that have none and for erased users, but "unknown" for calls without a provider, a model or a channel.',
      resolve: ({ key, own }) => shownValue(key, own),
    }),
    label: t.string({
      nullable: true,
      description:
        'What to show for it: the value, or "erased" for users that were erased; null for calls that have none.',
      resolve: ({ key, own }) => shownLabel(key, own),
    }),
  }),
});

/** A group of a page, or all that are not on it. */
interface UsageGroup extends LoadedGroup {
  values: readonly GroupValue[];
  /** Whose agent it may be about; null in reports over all tenants that are not grouped by tenant. */
  tenantId: TenantId | null;
  share: number;
}

const UsageGroupRef = builder.objectRef<UsageGroup>('UsageGroup').implement({
  description: 'The usage of calls that have values in common.',
  fields: (t) => ({
    values: t.field({
      type: [GroupValueRef],
      description: 'What they have in common, in the order of `by`; empty for `others`.',
      resolve: ({ values }) => [...values],
    }),
    agent: t.field({
      type: AgentRef,
      nullable: true,
      description: 'The registered agent; null when AGENT is not among `by`, or the agent is not registered.',
      resolve: ({ values, tenantId }, _args, context) => {
        const id = shownValue('agentId', values.find(({ key }) => key === 'agentId')?.own);
        return id === null || tenantId === null
          ? null
          : context.once(agentLoader).load({ tenantId, id: id as AgentId });
      },
    }),
    stats: t.expose('stats', { type: UsageStatsRef, description: 'Totals of its calls.' }),
    share: t.exposeFloat('share', {
      description:
        "Its part of the report's total in what the rows are ordered by, from 0 to 1: cost for COST_DESC and NAME_ASC. Zero of a total of zero.",
    }),
    buckets: t.field({
      type: [UsageBucketRef],
      description: "The report's buckets, of this group alone, in order and without gaps.",
      resolve: ({ buckets }) => [...buckets],
    }),
  }),
});

interface GroupConnection extends Connection<UsageGroup> {
  groupCount: bigint;
  others: UsageGroup | null;
}

const UsageGroupConnection = connectionType<UsageGroup, GroupConnection>('UsageGroup', UsageGroupRef);

builder.objectFields(UsageGroupConnection, (t) => ({
  groupCount: t.field({
    type: 'SafeInt',
    description: 'How many groups the report has on all pages.',
    resolve: ({ groupCount }) => groupCount,
  }),
  others: t.field({
    type: UsageGroupRef,
    nullable: true,
    description:
      'Every group that is not on this page as one row, so that rows and others add up to the totals; null when none is left.',
    resolve: ({ others }) => others,
  }),
}));

/** Arguments of a page of groups. */
const groupArgs = () =>
  builder.args((t) => ({
    by: t.field({
      type: [GroupByInput],
      required: true,
      description: `What the calls are put into groups by: 1 to ${maxKeys} different dimensions or tags, in any combination.`,
    }),
    first: t.int({ defaultValue: 10, description: 'How many rows, 1 to 1,000.' }),
    after: t.string({
      description: 'Cursor of the row after which the page begins. The whole report is about the window of that page.',
    }),
    orderBy: t.field({ type: UsageOrderRef, defaultValue: 'COST_DESC', description: 'Which rows come first.' }),
  }));

/** The field of a report that puts its calls into groups. */
export const groupsField = {
  type: UsageGroupConnection,
  description:
    'The calls in groups by any dimensions and tags, with the buckets of each group: cost a day stacked by model is one field. Groups without calls are left out.',
  args: groupArgs(),
};

interface GroupArgs {
  by: readonly { dimension?: GroupKey | null | undefined; tag?: string | null | undefined }[];
  first?: number | null | undefined;
  after?: string | null | undefined;
  orderBy?: UsageOrder | null | undefined;
}

/**
 * A page of groups of a report.
 * @throws {ValidationError} on `by`, `first` or `after`.
 */
export async function groupsOf(
  { query, bucket, timezone }: AppliedFilters,
  args: GroupArgs,
  context: RequestContext,
  info: GraphQLResolveInfo,
): Promise<GroupConnection> {
  const keys = readKeys(args.by, query.tenantId === allTenants);
  const orderBy = args.orderBy ?? 'COST_DESC';
  const listed = { query, dimensions: keys, orderBy };
  const after = readGroupPlace(args.after, listed);
  const ordered = rankedBy[orderBy];
  const shared = ordered.length > 0 ? ordered : [cost.column];
  const [edges, others] = [below(info, 'edges'), below(info, 'others')];
  const row = edges && below(edges, 'node');
  const columnsBelow = (place: Place | undefined) => [...new Set([...shared, ...(place ? askedColumns(place) : [])])];
  const hasBuckets = (place: Place | undefined) => place !== undefined && below(place, 'buckets') !== undefined;
  const page = await loadGroupPage(
    context,
    query,
    {
      dimensions: keys,
      first: pageSize(args.first, 10),
      orderBy,
      after,
      othersColumns: columnsBelow(others),
      othersBuckets: hasBuckets(others),
      buckets: hasBuckets(row) || hasBuckets(others) ? { bucket, timezone } : null,
    },
    columnsBelow(row),
  );
  const all = [...page.groups, ...(page.others ? [page.others] : [])];
  const total = all.reduce((sum, { stats }) => sum.plus(stats.sum(shared)), new Big(0));
  const toGroup = (group: LoadedGroup): UsageGroup => ({
    ...group,
    values: group.keys.length === 0 ? [] : keys.map((key, index) => ({ key, own: group.keys[index] })),
    tenantId:
      query.tenantId === allTenants ? ((group.keys[keys.indexOf('tenantId')] as TenantId) ?? null) : query.tenantId,
    share: total.eq(0) ? 0 : Number(group.stats.sum(shared).div(total)),
  });
  return {
    ...pageOf(
      page.groups.map(toGroup),
      { hasNextPage: page.hasNextPage, hasPreviousPage: after !== null },
      ({ keys, name, stats }) =>
        groupCursorKey(listed, {
          number: ordered.length > 0 ? formatDecimal(stats.sum(ordered)) : null,
          keys,
          name,
        }),
    ),
    groupCount: page.groupCount,
    others: page.others && toGroup(page.others),
  };
}

/** What groups are told apart by. @throws {ValidationError} on `by`. */
function readKeys(by: GroupArgs['by'], overAll: boolean): GroupKey[] {
  const keys = by.flatMap(({ dimension, tag }) => dimension ?? (tag ? tagDimension(tagName(tag, 'by')) : []));
  if (keys.length < 1 || keys.length > maxKeys)
    throw new ValidationError(`'by' takes 1 to ${maxKeys} things; these are ${keys.length}`, 'by');
  if (new Set(keys).size < keys.length) throw new ValidationError("'by' names the same thing twice", 'by');
  if (!overAll && keys.includes('tenantId'))
    throw new ValidationError("'by': TENANT is for reports over all tenants; this one is of one tenant", 'by');
  return keys;
}
