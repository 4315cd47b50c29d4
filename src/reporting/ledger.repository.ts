import { sql } from 'kysely';
import { raw, type FilterQuery, type SqlEntityManager } from '@mikro-orm/postgresql';
import type { Page } from '../graphql/connection.ts';
import { dimensions, noneKey } from '../rollup/dimensions.ts';
import { inTransaction } from '../database/transaction.ts';
import { CallEntity, type Call, type StoredCall } from '../recording/call.entity.ts';
import type { TenantId } from '../values/identifier.ts';
import { possibleValues, type UsageFilters } from './query/report-query.ts';
import { inSession } from '../database/session.ts';

/** Where a page of calls ends. Calls are sorted by time and, at the same instant, by key. */
export type CallPlace = Pick<Call, 'occurredAt' | 'requestId'>;

/** Without `from`, the window starts with the first call. */
export interface LedgerWindow {
  from: Date | undefined;
  to: Date;
}

/** Calls of a tenant's ledger, voided ones included, newest first: one more than the page holds. */
export async function listCalls(
  em: SqlEntityManager,
  tenantId: TenantId,
  window: LedgerWindow,
  filters: UsageFilters,
  page: Page<CallPlace>,
): Promise<Call[]> {
  const { after } = page;
  return em.find(
    CallEntity,
    {
      $and: [
        ...within(tenantId, window, filters),
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

/** The same calls oldest first, and no more than the page holds. */
export async function listCallsOldestFirst(
  em: SqlEntityManager,
  tenantId: TenantId,
  { from, to }: LedgerWindow,
  filters: UsageFilters,
  { first, after }: Page<CallPlace>,
): Promise<Call[]> {
  // With two lower bounds PostgreSQL would enter the index at the wrong one, and each page would read all pages before it.
  const conditions = within(tenantId, { from: after ? undefined : from, to }, filters);
  return inTransaction(em, async (em) => {
    // Without statistics, as after a first import, the planner would sort all remaining calls for each page.
    await sql`set local enable_sort = off`.execute(inSession(em));
    return em.find(
      CallEntity,
      {
        $and: [
          ...conditions,
          // One comparison of rows, so that a page can start among any number of calls of the same instant.
          ...(after
            ? [{ [raw('(occurred_at, request_id)')]: { $gt: raw('(?, ?)', [after.occurredAt, after.requestId]) } }]
            : []),
        ],
      },
      { orderBy: { occurredAt: 'asc', requestId: 'asc' }, limit: first, disableIdentityMap: true },
    );
  });
}

/** Conditions for the calls of a tenant that are in a window and pass filters. */
function within(tenantId: TenantId, { from, to }: LedgerWindow, filters: UsageFilters): FilterQuery<StoredCall>[] {
  const conditions = dimensions.flatMap((dimension) => {
    const { name, optional } = dimension;
    const values = filters[name];
    if (!values) return [];
    const possible = possibleValues(name, values);
    const listed = { [name]: { $in: possible } };
    return [optional && possible.includes(noneKey(dimension)) ? { $or: [listed, { [name]: null }] } : listed];
  });
  return [{ tenantId, occurredAt: { ...(from ? { $gte: from } : {}), $lt: to } }, ...conditions];
}
