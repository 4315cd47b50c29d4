import { targetTenant } from '../caller/principal.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { builder } from '../graphql/builder.ts';
import { bucketStart } from '../reporting/calendar/bucket-borders.ts';
import { readFilters } from '../reporting/filters.type.ts';
import { periodArg, reportDetailArgs } from '../reporting/report-args.type.ts';
import { readReport, UsageReportRef, type ReportArgs } from '../reporting/usage-report.type.ts';
import { readReportWindow } from '../reporting/window.ts';
import { longestEveryMs } from '../settings/live-limits.ts';
import { tenantLoader } from '../tenancy/tenant.loader.ts';
import { ValidationError } from '../values/errors.ts';
import { readable } from '../values/unreadable.ts';
import type { UsageTopic } from './usage-question.ts';

const standardEveryMs = 1000;
const minuteMs = 60_000;
const dayMs = 86_400_000;

builder.subscriptionField('usageUpdates', (t) =>
  t.field({
    type: UsageReportRef,
    description:
      'The report `usage`, now and again whenever it says something else: calls that it counts were recorded, voided, replaced or priced again, or its window has moved on. A reader that is slow gets the latest one.',
    args: {
      ...periodArg("the report's time zone", '`from`'),
      from: t.arg({
        type: 'DateTime',
        description: 'Start of the window, inclusive, which lasts until now; the first matching call when left out.',
      }),
      ...reportDetailArgs('DAY', "the tenant's own"),
      everyMs: t.arg.int({
        defaultValue: standardEveryMs,
        description:
          'Milliseconds from one report to the next, at least: from that of the setting LIVE_LOOK_MS, 250 unless changed, to 3,600,000.',
      }),
      tenantId: t.arg.id({ description: 'Tenant of the report; your own when left out. Superusers must name it.' }),
    },
    authScopes: (_parent, args) => ({ readUsage: args.tenantId }),
    subscribe: async (_parent, args, context) => context.services.live.usage(await readTopic(args, context)),
    resolve: (_event, args, context, info) => readReport(context, args, info),
  }),
);

/** What is asked for again and again. @throws {ValidationError} naming the argument, before anything is waited for. */
async function readTopic(
  args: ReportArgs & { everyMs?: number | null | undefined },
  context: RequestContext,
): Promise<UsageTopic> {
  const { live } = context.services;
  const everyMs = args.everyMs ?? standardEveryMs;
  if (everyMs < live.limits.lookMs || everyMs > longestEveryMs)
    throw new ValidationError(
      `'everyMs' must be from ${live.limits.lookMs} to ${longestEveryMs}; it is ${everyMs}`,
      'everyMs',
    );
  readFilters(args.filters);
  const { id, timezone: own } = await context.once(tenantLoader).load(targetTenant(context.principal, args.tenantId));
  const timezone = readable(args.timezone, 'timezone') ?? own;
  const windowAt = (at: Date) => readReportWindow(args, at, timezone);
  windowAt(live.clock());
  let minute: number | undefined;
  let position = '';
  return {
    tenantId: id,
    everyMs,
    positionNow() {
      const now = live.clock();
      const current = Math.floor(now.getTime() / minuteMs);
      // Days, buckets and what is 24 hours ago are told apart by the minute.
      if (current === minute) return position;
      minute = current;
      const { from, to } = windowAt(now);
      const last = bucketStart(new Date(to.getTime() - 1), args.bucket, timezone);
      return (position = `${from && Math.floor(from.getTime() / minuteMs)} ${last.getTime()}`);
    },
    momentary(at) {
      const { from, to } = windowAt(at);
      const moments = to > at ? [to, new Date(to.getTime() - dayMs)] : [];
      return moments
        .filter((moment) => moment === to || moment.getTime() === from?.getTime())
        .map((moment) => moment.toISOString());
    },
  };
}
