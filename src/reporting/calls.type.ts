import { builder } from '../graphql/builder.ts';
import { connectionType, cursorTime, notACursor, pageArgs, readPage, toConnection } from '../graphql/connection.ts';
import { batchLoader, inOrder } from '../graphql/loader.ts';
import { targetTenant } from '../caller/principal.ts';
import type { RequestContext } from '../caller/request-context.ts';
import type { Call } from '../recording/call.entity.ts';
import { findCalls, type CallKey } from '../recording/call.repository.ts';
import { completeFromLoader, tenantLoader } from '../tenancy/tenant.loader.ts';
import { UsageEventRef } from '../recording/usage-event.type.ts';
import { NotFoundError, NotInLedgerError, ValidationError } from '../values/errors.ts';
import { identifier } from '../values/identifier.ts';
import { formatDecimal } from '../values/money.ts';
import { readable } from '../values/unreadable.ts';
import { assertInLedger } from './beyond-retention.repository.ts';
import { readFilters, UsageFiltersInput } from './filters.type.ts';
import { windowArgs } from './report-args.type.ts';
import { listCalls, type CallList, type CallOrder } from './ledger.repository.ts';
import { inTurn } from './report-gate.ts';
import { readWindow } from './window.ts';

const UsageEventConnection = connectionType('UsageEvent', UsageEventRef);

const CallOrderRef = builder.enumType('CallOrder', {
  description: 'Order of calls. Equal ones come newest first.',
  values: {
    NEWEST_FIRST: { description: 'By time, the newest first.' },
    COST_DESC: { description: 'Highest cost first, calls without a cost last.' },
    DURATION_DESC: { description: 'Longest duration first, calls without one last.' },
  } satisfies Record<CallOrder, { description: string }>,
});

/** Lists of calls, all of a request in one statement. */
const callListLoader = (context: RequestContext) =>
  batchLoader<CallList, Call[]>(
    (lists) => inTurn(context, () => listCalls(context.em, lists)),
    (list) => JSON.stringify(list),
  );

const textKey = ({ tenantId, requestId }: CallKey) => JSON.stringify([tenantId, requestId]);

/** Calls by key; null where the tenant has none. */
const callLoader = ({ em }: RequestContext) =>
  batchLoader<CallKey, Call | null>(
    async (keys) => inOrder(keys, await findCalls(em, keys), { keyOf: textKey, rowKey: textKey, missing: () => null }),
    textKey,
  );

builder.queryField('call', (t) =>
  t.field({
    type: UsageEventRef,
    description:
      'One recorded call, voided or not. NOT_FOUND when the ledger of the tenant has no call with this requestId.',
    args: {
      requestId: t.arg.string({ required: true, description: 'Idempotency key of the call.' }),
      tenantId: t.arg.id({ description: 'Tenant of the call; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const tenantId = targetTenant(context.principal, args.tenantId);
      const requestId = identifier(args.requestId, 'requestId');
      const call = await context.once(callLoader).load({ tenantId, requestId });
      if (call) return call;
      await context.once(tenantLoader).load(tenantId);
      const completeFrom = await context.once(completeFromLoader).load(tenantId);
      if (completeFrom) throw new NotInLedgerError(requestId, completeFrom);
      throw new NotFoundError(`There is no call '${requestId}'.`, 'requestId');
    },
  }),
);

builder.queryField('calls', (t) =>
  t.field({
    type: UsageEventConnection,
    description:
      'Recorded calls in [from, to), newest first unless asked for otherwise, voided ones included. New calls do not shift the pages. Without `from` the list ends where the ledger begins, see Tenant.completeFrom; a window from before, with calls in it, is BEYOND_RETENTION.',
    args: {
      ...windowArgs(),
      filters: t.arg({ type: UsageFiltersInput, description: 'Which calls are listed; all when left out.' }),
      orderBy: t.arg({ type: CallOrderRef, defaultValue: 'NEWEST_FIRST', description: 'Which calls come first.' }),
      minCostUsd: t.arg({ type: 'Decimal', description: 'Only calls that cost at least so much in USD.' }),
      minDurationMs: t.arg({ type: 'SafeInt', description: 'Only calls that took at least so many milliseconds.' }),
      ...pageArgs(),
      tenantId: t.arg.id({ description: 'Tenant of the calls; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const window = readWindow(args, context.now);
      const orderBy = args.orderBy ?? 'NEWEST_FIRST';
      const page = readCallPage(args, orderBy);
      const filters = readFilters(args.filters);
      const minCostUsd = readable(args.minCostUsd, 'minCostUsd');
      const minDurationMs = args.minDurationMs ?? undefined;
      if (minDurationMs !== undefined && minDurationMs < 0)
        throw new ValidationError("'minDurationMs' must not be negative", 'minDurationMs');
      const { id: tenantId } = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
      const list = { tenantId, window, filters, orderBy, minCostUsd, minDurationMs, page };
      const calls = await context.once(callListLoader).load(list);
      // Afterwards, so that no call has left before the list was read without its being known here.
      const completeFrom = await context.once(completeFromLoader).load(tenantId);
      if (window.from) await assertInLedger(context.em, tenantId, { from: window.from, to: window.to }, completeFrom);
      return toConnection(calls, page, (call) => [
        ...numberOf(call, orderBy),
        call.occurredAt.toISOString(),
        call.requestId,
      ]);
    },
  }),
);

/** The number that a call is sorted by, -1 where it has none; nothing where calls are sorted by time alone. */
function numberOf({ costUsd, durationMs }: Call, orderBy: CallOrder): string[] {
  if (orderBy === 'NEWEST_FIRST') return [];
  if (orderBy === 'COST_DESC') return [costUsd ? formatDecimal(costUsd) : '-1'];
  return [String(durationMs ?? -1)];
}

const decimal = /^-?\d{1,40}(\.\d{1,40})?$/;

function readCallPage(args: Parameters<typeof readPage>[0], orderBy: CallOrder): CallList['page'] {
  const isByTime = orderBy === 'NEWEST_FIRST';
  const { first, after } = readPage(args, isByTime ? 2 : 3);
  if (!after) return { first, after: undefined };
  const [number = '', time = '', requestId = ''] = isByTime ? ['', ...after] : after;
  if (!isByTime && !decimal.test(number)) throw notACursor();
  return { first, after: { number, occurredAt: cursorTime(time), requestId } };
}
