import { builder } from '../graphql/builder.ts';
import type { Bucket } from './calendar/bucket-borders.ts';
import type { Period } from './calendar/windows.ts';
import { BucketRef, UsageFiltersInput } from './filters.type.ts';

/** Arguments that give the window of a report or a list of calls. */
export const windowArgs = () =>
  builder.args((t) => ({
    from: t.field({
      type: 'DateTime',
      description: 'Start of the window, inclusive; the first matching call when left out.',
    }),
    to: t.field({
      type: 'DateTime',
      description: 'End of the window, exclusive; now when left out.',
    }),
  }));

const PeriodRef = builder.enumType('Period', {
  description: "A window in a word, on the local clock of the report's time zone. Weeks begin on Monday.",
  values: {
    TODAY: { description: 'Since local midnight, until now.' },
    YESTERDAY: { description: 'The local day before today.' },
    THIS_WEEK: { description: 'Since Monday, until now.' },
    LAST_WEEK: { description: 'The week before this one, from Monday to Monday.' },
    THIS_MONTH: { description: 'Since the first of the month, until now.' },
    LAST_MONTH: { description: 'The calendar month before this one.' },
    THIS_YEAR: { description: 'Since 1 January, until now.' },
    LAST_24_HOURS: { description: 'The 24 hours until now.' },
    LAST_7_DAYS: { description: 'Today until now and the 6 local days before it.' },
    LAST_30_DAYS: { description: 'Today until now and the 29 local days before it.' },
    LAST_90_DAYS: { description: 'Today until now and the 89 local days before it.' },
  } satisfies Record<Period, { description: string }>,
});

/** Arguments that give the window of a report. `zone` says, in words, on whose clock dates and periods are. */
export const reportWindowArgs = (zone: string) => ({
  ...windowArgs(),
  ...builder.args((t) => ({
    fromDate: t.field({
      type: 'LocalDate',
      description: `Instead of \`from\`: the window starts with this date, at local midnight in ${zone}.`,
    }),
    toDate: t.field({
      type: 'LocalDate',
      description: `Instead of \`to\`: the window ends before this date, at local midnight in ${zone}.`,
    }),
  })),
  ...periodArg(zone),
});

/** The argument for a window in a word. `zone` says, in words, on whose clock. */
export const periodArg = (zone: string, others = '`from` and `to`') =>
  builder.args((t) => ({
    period: t.field({
      type: PeriodRef,
      description: `Instead of ${others}: a window in a word, on the clock of ${zone}.`,
    }),
  }));

/** Arguments of a report. `defaultZone` says, in words, which time zone applies when none is given. */
export const reportArgs = (defaultBucket: Bucket, defaultZone: string) => ({
  ...reportWindowArgs("the report's time zone"),
  ...reportDetailArgs(defaultBucket, defaultZone),
});

/** Arguments of a report besides its window. */
export const reportDetailArgs = (defaultBucket: Bucket, defaultZone: string) =>
  builder.args((t) => ({
    bucket: t.field({
      type: BucketRef,
      required: true,
      defaultValue: defaultBucket,
      description: 'Length of the time buckets.',
    }),
    timezone: t.field({
      type: 'TimeZone',
      description: `Time zone whose clock the buckets follow; ${defaultZone} when left out.`,
    }),
    filters: t.field({ type: UsageFiltersInput, description: 'Which calls count; all when left out.' }),
  }));
