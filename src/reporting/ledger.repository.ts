import { sql } from 'kysely';
import { raw, type FilterQuery, type SqlEntityManager } from '@mikro-orm/postgresql';
import type { Page } from '../graphql/connection.ts';
import { dimension, noneKey } from '../rollup/dimensions.ts';
import { inTransaction } from '../database/transaction.ts';
import { isCurrent } from '../recording/version.repository.ts';
import { CallEntity, type Call, type StoredCall } from '../recording/call.entity.ts';
import { isLive } from '../rollup/folded-sql.ts';
import type { Fragment } from '../rollup/summary-sql.ts';
import type { TenantId } from '../values/identifier.ts';
import { formatDecimal, type Decimal } from '../values/money.ts';
import { filterTypes, filterValues, passesFilters } from './query/filters-sql.ts';
import { relation } from './query/relation-sql.ts';
import { filteredBy, possibleValues, type UsageFilters } from './query/report-query.ts';
import { inSession } from '../database/session.ts';

/** Where a page of calls ends. Calls are sorted by time and, at the same instant, by key. */
export type CallPlace = Pick<Call, 'occurredAt' | 'requestId'>;

/** What calls are sorted by before their time; calls without it come last. */
export type CallOrder = 'NEWEST_FIRST' | 'COST_DESC' | 'DURATION_DESC';

/** A page of a tenant's calls, voided ones included. */
export interface CallList {
  tenantId: TenantId;
  window: LedgerWindow;
  filters: UsageFilters;
  orderBy: CallOrder;
  minCostUsd: Decimal | undefined;
  minDurationMs: number | undefined;
  /** `number` is that of the order, as exact text; empty where calls are sorted by time alone. */
  page: Page<CallPlace & { number: string }>;
}

/** Without `from`, the window starts with the first call of the ledger. */
export interface LedgerWindow {
  from: Date | undefined;
  to: Date;
}

const sortedBy: Record<CallOrder, Fragment | undefined> = {
  NEWEST_FIRST: undefined,
  COST_DESC: sql`coalesce(cost_usd, -1)`,
  DURATION_DESC: sql`coalesce(duration_ms, -1)`,
};

/**
 * Calls of tenants' ledgers, of each list one more than its page holds. All lists are one statement. Calls that have left are
 * in none, even while they are being deleted.
 */
export async function listCalls(em: SqlEntityManager, lists: readonly CallList[]): Promise<Call[][]> {
  const statement = sql.join(
    lists.map((list, no) => sql`(${listSql(list, no)})`),
    sql` union all `,
  );
  const { rows } = await sql<Record<string, unknown> & { list_no: number }>`${statement}`.execute(inSession(em));
  const found = Map.groupBy(rows, ({ list_no }) => list_no);
  return lists.map((_list, no) => (found.get(no) ?? []).map((row) => em.map(CallEntity, row)));
}

/** The newest call of a tenant before an instant. */
export async function findNewestCall(em: SqlEntityManager, tenantId: TenantId, to: Date): Promise<Call | undefined> {
  const page = { first: 1, after: undefined };
  const window = { from: undefined, to };
  const every = { filters: {}, minCostUsd: undefined, minDurationMs: undefined };
  const [calls] = await listCalls(em, [{ tenantId, window, orderBy: 'NEWEST_FIRST', page, ...every }]);
  return calls?.[0];
}

function listSql({ tenantId, window, filters, orderBy, minCostUsd, minDurationMs, page }: CallList, no: number) {
  const query = { query: { filters } };
  const asked = relation('asked', filterTypes([query]), [filterValues({ filters })]);
  const number = sortedBy[orderBy];
  const order = sql.join([...(number ? [number] : []), sql`occurred_at`, sql`request_id`].map((by) => sql`${by} desc`));
  const { after } = page;
  const ended = after && sql`${after.occurredAt.toISOString()}::timestamptz, ${after.requestId}`;
  return sql`
    select ${sql.lit(no)} as list_no, usage_call.* from usage_call
    where usage_call.tenant_id = ${tenantId} and occurred_at < ${window.to.toISOString()}::timestamptz and ${isCurrent}
      and ${isLive(tenantId, 'occurred_at')}
      ${window.from ? sql`and occurred_at >= ${window.from.toISOString()}::timestamptz` : sql``}
      ${minCostUsd === undefined ? sql`` : sql`and cost_usd >= ${formatDecimal(minCostUsd)}::numeric`}
      ${minDurationMs === undefined ? sql`` : sql`and duration_ms >= ${minDurationMs}`}
      ${after && !number ? sql`and (occurred_at, request_id) < (${ended})` : sql``}
      ${after && number ? sql`and (${number}, occurred_at, request_id) < (${after.number}::numeric, ${ended})` : sql``}
      ${passesFilters([query], asked, 'calls')}
    order by ${order}
    limit ${page.first + 1}`;
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
  const conditions = filteredBy({ filters }).map((name) => {
    const { inLedger, optional, ...of } = dimension(name);
    const possible = possibleValues(name, filters[name] ?? []);
    const value = inLedger ? raw(inLedger.value) : name;
    const listed = { [value]: { $in: possible } };
    return optional && possible.includes(noneKey(of)) ? { $or: [listed, { [value]: null }] } : listed;
  });
  return [
    { tenantId, occurredAt: { ...(from ? { $gte: from } : {}), $lt: to } },
    { [raw('strpos(request_id, chr(31))')]: 0 },
    ...conditions,
  ];
}
