import {
  appliedWindow,
  bucketsOf,
  byAgent,
  byChannel,
  byModel,
  byProvider,
  byUser,
  callsIn,
  countCalls,
  textFields,
  toText,
  type Bucketing,
  type Filters,
  type Order,
  type RecordedCall,
} from '../support/oracle.ts';
import { agentNames, now, tenants } from './random-calls.ts';
import { bucketFor, withSomeOffset, type RandomReportQuery } from './random-report-queries.ts';

/** A window left open at its end reaches behind what is recorded in the current millisecond. */
const closed = ({ from, to }: Pick<RandomReportQuery, 'from' | 'to'>) => ({ from, to: to ?? now + 1 });

export const agentNamesOf = (tenantId: string) => agentNames.get(tenantId) ?? new Map<string, string>();

/** What follows from a report query: the variables to send, and the calls, window and buckets of the answer. */
export function resolve(calls: readonly RecordedCall[], asked: RandomReportQuery, ownZone: string) {
  const { filters, bucketNo, orderBy, first, timezone } = asked;
  const zone = timezone ?? ownZone;
  const spanned = appliedWindow(calls, closed(asked), filters, { bucket: 'NONE', zone });
  const bucketing: Bucketing = { bucket: bucketFor(spanned, bucketNo), zone };
  const window = appliedWindow(calls, closed(asked), filters, bucketing);
  return {
    variables: {
      from: asked.from === undefined ? undefined : withSomeOffset(asked.from),
      to: asked.to === undefined ? undefined : withSomeOffset(asked.to),
      bucket: bucketing.bucket,
      timezone,
      filters,
      orderBy,
      first,
    },
    bucketing,
    window,
    counted: callsIn(calls, window, filters),
    order: { orderBy: orderBy ?? 'COST_DESC', first: first ?? 100 } satisfies Order,
  };
}

const zoneOf = (tenantId: string) => tenants.find(({ id }) => id === tenantId)?.timezone ?? 'UTC';

/** A tenant's report as it has to be answered, and the variables that ask for it. */
export function expectedReport(calls: readonly RecordedCall[], asked: RandomReportQuery) {
  const ofTenant = calls.filter(({ tenantId }) => tenantId === asked.tenantId);
  const { variables, bucketing, window, counted, order } = resolve(ofTenant, asked, zoneOf(asked.tenantId));
  return {
    variables: { tenantId: asked.tenantId, ...variables },
    report: {
      totals: countCalls(counted),
      buckets: bucketsOf(counted, window, bucketing),
      byAgent: byAgent(counted, order, agentNamesOf(asked.tenantId)),
      byProvider: byProvider(counted, order),
      byModel: byModel(counted, order),
      byChannel: byChannel(counted, { ...order, orderBy: asked.orderBy ?? 'CALLS_DESC' }),
      byUser: byUser(counted, order),
      filtersApplied: appliedFilters(asked.filters, window, bucketing),
    },
  };
}

/** A filter as it was given; tags by name. */
const byName = (filters: Filters, field: keyof Filters) =>
  field === 'tags'
    ? (filters.tags?.toSorted((one, other) => (one.name < other.name ? -1 : 1)) ?? null)
    : (filters[field] ?? null);

export const appliedFilters = (
  filters: Filters,
  { from, to }: { from: number; to: number },
  { bucket, zone }: Bucketing,
) => ({
  from: toText(from),
  to: toText(to),
  bucket,
  timezone: zone,
  ...Object.fromEntries(
    [...textFields, 'costSource' as const, 'tags' as const].map((field) => [field, byName(filters, field)]),
  ),
});
