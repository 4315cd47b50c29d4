import { ValidationError } from '../values/errors.ts';
import type { RequestContext } from '../caller/request-context.ts';
import { readable, type Unreadable } from '../values/unreadable.ts';
import { bucketStart, type Bucket } from './calendar/bucket-borders.ts';
import type { ReportQuery } from './query/report-query.ts';
import { loadBegin } from './usage.loader.ts';

/** Before every call, since the years of occurredAt have four digits. */
export const beginningOfTime = new Date('0001-01-01T00:00:00Z');

export interface WindowArgs {
  from?: Date | Unreadable | null | undefined;
  to?: Date | Unreadable | null | undefined;
}

/**
 * Reads `from` and `to` as given. When `to` is left out, the window ends with the current millisecond, so that a call
 * recorded in the same millisecond counts.
 * @throws {ValidationError} naming the argument.
 */
export function readWindow(args: WindowArgs, now: Date): { from: Date | undefined; to: Date } {
  const from = readable(args.from, 'from');
  const givenTo = readable(args.to, 'to');
  const to = givenTo ?? new Date(now.getTime() + 1);
  if (from && !givenTo && from > now)
    throw new ValidationError(
      `'from' is in the future: it is ${from.toISOString()}, and it is now ${now.toISOString()}`,
      'from',
    );
  if (from && to <= from) throw new ValidationError("'to' must be strictly greater than 'from'", 'to');
  return { from, to };
}

/**
 * The query of a report with its window filled in. Without `from` the window starts with the first call that passes the
 * filters or, if there is none before `to`, with the bucket in which the window ends.
 */
export async function resolveQuery(
  context: RequestContext,
  args: WindowArgs,
  asked: Pick<ReportQuery, 'tenantId' | 'filters'>,
  { bucket, timezone }: { bucket: Bucket; timezone: string },
): Promise<ReportQuery> {
  const { from, to } = readWindow(args, context.now);
  const begin = await loadBegin(context, { ...asked, from: from ?? null, to });
  if (begin && begin < to) return { ...asked, from: begin, to };
  return { ...asked, from: bucketStart(new Date(to.getTime() - 1), bucket, timezone), to };
}
