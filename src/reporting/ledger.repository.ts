import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Page } from '../platform/connection.ts';
import { CallEntity, unknown, type Call } from '../recording/call.entity.ts';
import type { TenantId } from '../platform/identifier.ts';
import { filterFields, possibleValues, type UsageFilters } from './question.ts';

/** Calls of a tenant's ledger, voided ones too, newest first, one more than the page holds. */
export async function listCalls(
  em: SqlEntityManager,
  tenantId: TenantId,
  window: { from: Date | undefined; to: Date },
  filters: UsageFilters,
  page: Page<{ occurredAt: Date; requestId: string }>,
): Promise<Call[]> {
  const conditions = filterFields.flatMap((field) => {
    const values = filters[field];
    if (!values) return [];
    const listed = { [field]: { $in: possibleValues(values) } };
    // A call without a channel goes by "unknown" in reports, and is found by that name here as well.
    return [
      field === 'channelId' && filters.channelId?.includes(unknown) ? { $or: [listed, { channelId: null }] } : listed,
    ];
  });
  const { from, to } = window;
  const { after } = page;
  return em.find(
    CallEntity,
    {
      $and: [
        { tenantId, occurredAt: { ...(from ? { $gte: from } : {}), $lt: to } },
        ...conditions,
        ...(after
          ? [
              { occurredAt: { $lte: after.occurredAt } },
              { $or: [{ occurredAt: { $lt: after.occurredAt } }, { requestId: { $lt: after.requestId } }] },
            ]
          : []),
      ],
    },
    { orderBy: { occurredAt: 'desc', requestId: 'desc' }, limit: page.first + 1, disableIdentityMap: true },
  );
}
