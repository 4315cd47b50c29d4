import { builder } from '../graphql/builder.ts';
import { AgentRef } from '../tenancy/agent.type.ts';
import { askedColumns } from './query/asked-columns.ts';
import { windowArgs } from './filters.type.ts';
import { loadTotals } from './usage.loader.ts';
import { UsageStatsRef } from './usage-stats.type.ts';
import { beginningOfTime, readWindow } from './window.ts';

builder.objectField(AgentRef, 'usage', (t) =>
  t.field({
    type: UsageStatsRef,
    description: 'Totals of its calls in [from, to); loaded for all agents of a request at once.',
    args: windowArgs(),
    authScopes: (agent) => ({ readUsage: agent.tenantId }),
    resolve: (agent, args, context, info) => {
      const { from = beginningOfTime, to } = readWindow(args, context.now);
      return loadTotals(
        context,
        { tenantId: agent.tenantId, from, to, filters: { agentId: [agent.id] } },
        askedColumns(info),
      );
    },
  }),
);
