import type { Bucket } from '../gql/graphql.ts';

const locale = [...navigator.languages];

/** An instant on the clock of a time zone, or on the reader's own. */
export function formatInstant(instant: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', timeZone }).format(
    new Date(instant),
  );
}

/** The date of an instant in a time zone. */
export const formatDate = (instant: string, timeZone: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone }).format(new Date(instant));

/** The start of a bucket, which comes without a zone: the digits are shown as they are. */
export function formatBucket(localStart: string | null, bucket: Bucket): string {
  if (localStart === null) return '';
  return new Intl.DateTimeFormat(locale, { ...bucketParts(bucket), timeZone: 'UTC' }).format(
    new Date(`${localStart}Z`),
  );
}

function bucketParts(bucket: Bucket): Intl.DateTimeFormatOptions {
  if (bucket === 'MONTH') return { year: 'numeric', month: 'short' };
  if (bucket === 'HOUR' || bucket === 'MINUTE')
    return { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' };
  return { day: 'numeric', month: 'short' };
}

export const Time = ({ at, timeZone }: { at: string; timeZone?: string | undefined }) => (
  <time dateTime={at} title={at}>
    {formatInstant(at, timeZone)}
  </time>
);
