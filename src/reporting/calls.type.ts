import { builder } from '../graphql/builder.ts';
import { connectionType, cursorTime, pageArgs, readPage, toConnection, type Page } from '../graphql/connection.ts';
import { targetTenant } from '../caller/principal.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { UsageEventRef } from '../recording/usage-event.type.ts';
import { readFilters, UsageFiltersInput, windowArgs } from './filters.type.ts';
import { listCalls, type CallPlace } from './ledger.repository.ts';
import { inTurn } from './report-gate.ts';
import { readWindow } from './window.ts';

const UsageEventConnection = connectionType('UsageEvent', UsageEventRef);

builder.queryField('calls', (t) =>
  t.field({
    type: UsageEventConnection,
    description: 'Recorded calls in [from, to), newest first, voided ones included. New calls do not shift the pages.',
    args: {
      ...windowArgs(),
      filters: t.arg({ type: UsageFiltersInput, description: 'Which calls are listed; all when left out.' }),
      ...pageArgs(),
      tenantId: t.arg.id({ description: 'Tenant of the calls; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const window = readWindow(args, context.now);
      const page = readCallPage(args);
      const tenant = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
      const filters = readFilters(args.filters);
      const calls = await inTurn(context, () => listCalls(context.em, tenant.id, window, filters, page));
      return toConnection(calls, page, (call) => [call.occurredAt.toISOString(), call.requestId]);
    },
  }),
);

function readCallPage(args: Parameters<typeof readPage>[0]): Page<CallPlace> {
  const { first, after } = readPage(args, 2);
  if (!after) return { first, after: undefined };
  const [time = '', requestId = ''] = after;
  return { first, after: { occurredAt: cursorTime(time), requestId } };
}
