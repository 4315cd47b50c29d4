import { builder } from '../graphql/builder.ts';
import { AgentRef } from '../tenancy/agent.type.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { askedColumns } from './query/asked-columns.ts';
import { beginningOfTime } from './calendar/windows.ts';
import { reportWindowArgs } from './report-args.type.ts';
import { loadTotals } from './usage.loader.ts';
import { UsageStatsRef } from './usage-stats.type.ts';
import { readReportWindow } from './window.ts';

builder.objectField(AgentRef, 'usage', (t) =>
  t.field({
    type: UsageStatsRef,
    description: 'Totals of its calls in [from, to); loaded for all agents of a request at once.',
    args: reportWindowArgs("its tenant's time zone"),
    authScopes: (agent) => ({ readUsage: agent.tenantId }),
    resolve: async (agent, args, context, info) => {
      // Instants are the same in every zone.
      const isLocal = args.period ?? args.fromDate ?? args.toDate;
      const { timezone } = isLocal ? await context.once(tenantLoader).load(agent.tenantId) : { timezone: 'UTC' };
      const { from = beginningOfTime, to } = readReportWindow(args, context.now, timezone);
      return loadTotals(
        context,
        { tenantId: agent.tenantId, from, to, filters: { agentId: [agent.id] } },
        askedColumns(info),
      );
    },
  }),
);
