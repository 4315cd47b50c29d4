import { loadsNothing } from '../graphql/answer-size.ts';
import { builder } from '../graphql/builder.ts';
import { localTime } from './calendar/local-time.ts';
import type { BucketUsage } from './usage.loader.ts';
import { UsageStatsRef } from './usage-stats.type.ts';

export const UsageBucketRef = builder.objectRef<BucketUsage>('UsageBucket').implement({
  extensions: { [loadsNothing]: true },
  description: 'A time bucket. Each call of the window is in exactly one.',
  fields: (t) => ({
    ts: t.expose('ts', {
      type: 'DateTime',
      nullable: true,
      description: 'Start of the whole bucket, even if the window starts later; null for bucket NONE.',
    }),
    end: t.expose('end', {
      type: 'DateTime',
      nullable: true,
      description: 'End of the whole bucket, exclusive, even if the window ends earlier; null for bucket NONE.',
    }),
    localStart: t.field({
      type: 'LocalDateTime',
      nullable: true,
      description: "Start of the bucket on the clock of the report's time zone, for labels; null for bucket NONE.",
      resolve: ({ ts, timezone }) => (ts === null ? null : localTime(ts, timezone)),
    }),
    stats: t.expose('stats', {
      type: UsageStatsRef,
      description: 'Totals of the calls that are in the bucket and in the window.',
    }),
  }),
});
