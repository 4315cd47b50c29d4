import { builder } from '../graphql/builder.ts';
import { dimensions, tagDimension, tagOf, type Dimension, type ListedName } from '../rollup/dimensions.ts';
import { ValidationError } from '../values/errors.ts';
import { tagName } from '../values/tags.ts';
import { CostSourceRef } from '../pricing/cost-source.type.ts';
import { CallStatusRef } from '../recording/usage-event.type.ts';
import type { Bucket } from './calendar/bucket-borders.ts';
import { windowBefore, type Comparison } from './calendar/windows.ts';
import { filteredBy, type ReportQuery, type UsageFilters } from './query/report-query.ts';

export const BucketRef = builder.enumType('Bucket', {
  description: 'Length of the time buckets of a report, on the local clock of its time zone.',
  values: {
    MINUTE: { description: 'Minutes.' },
    HOUR: { description: 'Hours. The hour that is repeated when clocks go back is two buckets.' },
    DAY: { description: 'Days from local midnight; 23 or 25 hours long when the clock changes.' },
    WEEK: { description: 'ISO weeks, from Monday.' },
    MONTH: { description: 'Calendar months.' },
    NONE: { description: 'One row for the whole window, with neither `ts` nor `end`.' },
  } satisfies Record<Bucket, { description: string }>,
});

/** GraphQL type of a dimension's values. */
const listOf = (type: Dimension['type']) =>
  [type === 'CallStatus' ? CallStatusRef : type === 'CostSource' ? CostSourceRef : type] as const;

const byDimension = <T>(make: (dimension: (typeof dimensions)[number]) => T) =>
  Object.fromEntries(dimensions.map((dimension) => [dimension.name, make(dimension)]));

interface TagFilter {
  name: string;
  values: readonly string[];
}

export const TagFilterInput = builder.inputRef<TagFilter>('TagFilter').implement({
  description: 'Which values of a tag calls may have.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Name of the tag.' }),
    values: t.stringList({
      required: true,
      description: 'Any one of these, up to 1,000; "" stands for calls without the tag.',
    }),
  }),
});

const AppliedTagFilterRef = builder.objectRef<TagFilter>('AppliedTagFilter').implement({
  description: 'Which values of a tag the calls of a report may have.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Name of the tag.' }),
    values: t.stringList({
      description: 'Any one of these; "" stands for calls without the tag.',
      resolve: ({ values }) => [...values],
    }),
  }),
});

/** Filters as a request gives them. */
export type GivenFilters = { [Name in ListedName]?: readonly string[] | null | undefined } & {
  tags?: readonly TagFilter[] | null | undefined;
};

export const UsageFiltersInput = builder.inputRef<GivenFilters>('UsageFilters').implement({
  description:
    "Which calls count. A call must match every field that is given, with any one of the field's up to 1,000 values.",
  fields: (t) => ({
    ...byDimension(({ type, description }) =>
      t.field({
        type: [...listOf(type)],
        description: `${description} "" stands for calls without a value; an empty list matches no call.`,
      }),
    ),
    tags: t.field({
      type: [TagFilterInput],
      description: 'Tags, by name; a call must match each of up to 16 of them.',
    }),
  }),
});

const maxValues = 1000;

const maxTags = 16;

/** Filters as they were given. @throws {ValidationError} naming the filter that has too many values, or a name that is none. */
export function readFilters(given: GivenFilters | null | undefined): UsageFilters {
  const { tags, ...filters } = given ?? {};
  for (const [name, values] of Object.entries(filters)) checkLength(name, values);
  if (!tags) return filters;
  if (tags.length > maxTags)
    throw new ValidationError(`'tags' names ${tags.length} tags; a filter has at most ${maxTags}`, 'tags');
  const byTag = new Map<string, readonly string[]>();
  for (const { name, values } of tags) {
    checkLength('tags', values);
    const before = byTag.get(tagName(name, 'tags'));
    // A tag that is named twice has to match both times.
    byTag.set(name, before ? before.filter((value) => values.includes(value)) : values);
  }
  return { ...filters, ...Object.fromEntries([...byTag].map(([name, values]) => [tagDimension(name), values])) };
}

function checkLength(name: string, values: readonly string[] | null | undefined): void {
  if (values && values.length > maxValues)
    throw new ValidationError(
      `'${name}' has ${values.length} values; a filter has at most ${maxValues.toLocaleString('en')}`,
      name,
    );
}

export interface AppliedFilters {
  query: ReportQuery;
  bucket: Bucket;
  timezone: string;
}

/** A report over a window before its own. */
export const compared = <Report extends AppliedFilters>(report: Report, to: Comparison): Report => ({
  ...report,
  query: { ...report.query, ...windowBefore(report.query, to, report.timezone) },
});

export const AppliedFiltersRef = builder.objectRef<AppliedFilters>('AppliedFilters').implement({
  description: 'What a report was asked for, with defaults filled in. A filter that was not set is null.',
  fields: (t) => ({
    from: t.field({
      type: 'DateTime',
      description: 'Start of the window: as given, otherwise the first call that matches the filters.',
      resolve: ({ query }) => query.from,
    }),
    to: t.field({
      type: 'DateTime',
      description: 'End of the window, exclusive: as given, otherwise now.',
      resolve: ({ query }) => query.to,
    }),
    bucket: t.expose('bucket', { type: BucketRef, description: 'Length of the buckets.' }),
    timezone: t.expose('timezone', { type: 'TimeZone', description: 'Time zone whose clock the buckets follow.' }),
    ...byDimension(({ name, type, description }) =>
      t.field({
        type: [...listOf(type)],
        nullable: true,
        description,
        resolve: ({ query }) => copy(query.filters[name]),
      }),
    ),
    tags: t.field({
      type: [AppliedTagFilterRef],
      nullable: true,
      description: 'Tags, by name.',
      resolve: ({ query: { filters } }) => {
        const tags = filteredBy({ filters }).flatMap((dimension): TagFilter[] => {
          const name = tagOf(dimension);
          return name === undefined ? [] : [{ name, values: filters[dimension] ?? [] }];
        });
        return tags.length > 0 ? tags : null;
      },
    }),
  }),
});

const copy = <T>(values: readonly T[] | null | undefined): T[] | null => (values ? [...values] : null);

export const ComparisonRef = builder.enumType('Comparison', {
  description: 'Which window before its own a report is compared with.',
  values: {
    PREVIOUS_PERIOD: {
      description:
        'As long as the window, ending where it begins; as many local days where it is a number of whole ones.',
    },
    PREVIOUS_WEEK: { description: 'Both borders a week earlier on the local calendar.' },
    PREVIOUS_MONTH: {
      description: 'Both borders a month earlier on the local calendar: 31 March becomes the last of February.',
    },
    PREVIOUS_YEAR: { description: 'Both borders a year earlier on the local calendar.' },
  } satisfies Record<Comparison, { description: string }>,
});
