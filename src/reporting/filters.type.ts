import { builder } from '../graphql/builder.ts';
import { CallStatusRef } from '../recording/usage-event.type.ts';
import type { Bucket } from './bucket-borders.ts';
import type { Question } from './question.ts';

export const BucketRef = builder.enumType('Bucket', {
  description: 'Length of the time buckets of a report, on the local clock of its time zone.',
  values: {
    MINUTE: { description: 'Minutes.' },
    HOUR: { description: 'Hours; the one that an autumn clock change repeats is two buckets.' },
    DAY: { description: 'Days from local midnight; 23 or 25 hours long where the clock changes.' },
    WEEK: { description: 'ISO weeks, from Monday.' },
    MONTH: { description: 'Calendar months.' },
    NONE: { description: 'One row for the whole window, with neither `ts` nor `end`.' },
  } satisfies Record<Bucket, { description: string }>,
});

const listed = 'An empty list matches no call.';

export const UsageFiltersInput = builder.inputType('UsageFilters', {
  description:
    'Which calls count. Fields are ANDed, the values of one field are ORed; a field that is left out filters nothing.',
  fields: (t) => ({
    agentId: t.idList({ description: `Agents, registered or not. ${listed}` }),
    provider: t.stringList({ description: `Providers; "unknown" for calls that named none. ${listed}` }),
    model: t.stringList({ description: `Models; "unknown" for calls that named none. ${listed}` }),
    channelId: t.stringList({ description: `Channels; "unknown" for calls that named none. ${listed}` }),
    userId: t.stringList({ description: `Users. ${listed}` }),
    botId: t.stringList({ description: `Bots. ${listed}` }),
    threadId: t.stringList({ description: `Conversations. ${listed}` }),
    knowledgeBaseId: t.stringList({ description: `Knowledge bases. ${listed}` }),
    operation: t.stringList({ description: `Kinds of call. ${listed}` }),
    status: t.field({ type: [CallStatusRef], description: `How calls ended. ${listed}` }),
  }),
});

export interface AppliedFilters {
  question: Question;
  bucket: Bucket;
  timezone: string;
}

export const AppliedFiltersRef = builder.objectRef<AppliedFilters>('AppliedFilters').implement({
  description: 'What a report was asked for, with defaults filled in. A filter that was not set is null.',
  fields: (t) => ({
    from: t.field({
      type: 'DateTime',
      description: 'Begin of the window: as given, else the first call that is asked for.',
      resolve: ({ question }) => question.from,
    }),
    to: t.field({
      type: 'DateTime',
      description: 'End of the window, which does not belong to it: as given, else now.',
      resolve: ({ question }) => question.to,
    }),
    bucket: t.expose('bucket', { type: BucketRef, description: 'Length of the buckets.' }),
    timezone: t.expose('timezone', { type: 'TimeZone', description: 'Time zone whose clock the buckets follow.' }),
    agentId: t.idList({
      nullable: true,
      description: 'Agents.',
      resolve: ({ question }) => copy(question.filters.agentId),
    }),
    provider: t.stringList({
      nullable: true,
      description: 'Providers.',
      resolve: ({ question }) => copy(question.filters.provider),
    }),
    model: t.stringList({
      nullable: true,
      description: 'Models.',
      resolve: ({ question }) => copy(question.filters.model),
    }),
    channelId: t.stringList({
      nullable: true,
      description: 'Channels.',
      resolve: ({ question }) => copy(question.filters.channelId),
    }),
    userId: t.stringList({
      nullable: true,
      description: 'Users.',
      resolve: ({ question }) => copy(question.filters.userId),
    }),
    botId: t.stringList({
      nullable: true,
      description: 'Bots.',
      resolve: ({ question }) => copy(question.filters.botId),
    }),
    threadId: t.stringList({
      nullable: true,
      description: 'Conversations.',
      resolve: ({ question }) => copy(question.filters.threadId),
    }),
    knowledgeBaseId: t.stringList({
      nullable: true,
      description: 'Knowledge bases.',
      resolve: ({ question }) => copy(question.filters.knowledgeBaseId),
    }),
    operation: t.stringList({
      nullable: true,
      description: 'Kinds of call.',
      resolve: ({ question }) => copy(question.filters.operation),
    }),
    status: t.field({
      type: [CallStatusRef],
      nullable: true,
      description: 'How calls ended.',
      resolve: ({ question }) => copy(question.filters.status),
    }),
  }),
});

const copy = <T>(values: readonly T[] | null | undefined): T[] | null => (values ? [...values] : null);

/** The window of everything that is asked about time. */
export const windowArgs = () =>
  builder.args((t) => ({
    from: t.field({
      type: 'DateTime',
      description: 'Begin of the window; when left out, it begins with the first call that is asked for.',
    }),
    to: t.field({
      type: 'DateTime',
      description: 'End of the window, which does not belong to it; now when left out.',
    }),
  }));

/** Arguments of a report. `defaultZone` says whose clock the buckets follow when no time zone is given. */
export const reportArgs = (defaultBucket: Bucket, defaultZone: string) => ({
  ...windowArgs(),
  ...builder.args((t) => ({
    bucket: t.field({
      type: BucketRef,
      required: true,
      defaultValue: defaultBucket,
      description: 'Length of the time buckets.',
    }),
    timezone: t.field({
      type: 'TimeZone',
      description: `Whose clock the buckets follow; ${defaultZone} when left out.`,
    }),
    filters: t.field({ type: UsageFiltersInput, description: 'Which calls count; all when left out.' }),
  })),
});
