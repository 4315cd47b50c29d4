import { ValidationError } from '../values/errors.ts';
import type { RequestContext } from '../caller/request-context.ts';
import type { LocalDate } from '../values/local-date.ts';
import { readable, type Unreadable } from '../values/unreadable.ts';
import { bucketStart, type Bucket } from './calendar/bucket-borders.ts';
import {
  beginningOfTime,
  localMidnight,
  periodWindow,
  withinTime,
  type Period,
  type Window,
} from './calendar/windows.ts';
import type { ReportQuery } from './query/report-query.ts';
import { loadBegin } from './usage.loader.ts';

export interface WindowArgs {
  from?: Date | Unreadable | null | undefined;
  to?: Date | Unreadable | null | undefined;
}

/** A window as reports are asked for it: by instants, by dates or in a word. */
export interface ReportWindowArgs extends WindowArgs {
  fromDate?: LocalDate | Unreadable | null | undefined;
  toDate?: LocalDate | Unreadable | null | undefined;
  period?: Period | null | undefined;
}

/**
 * Reads the window of a report, of which dates and periods are on the clock of its time zone.
 * @throws {ValidationError} naming the argument that cannot be read, or that says again what another one says.
 */
export function readReportWindow(
  args: ReportWindowArgs,
  now: Date,
  timezone: string,
): { from: Date | undefined; to: Date } {
  const [fromDate, toDate] = [readable(args.fromDate, 'fromDate'), readable(args.toDate, 'toDate')];
  for (const [date, instant] of [
    ['fromDate', 'from'],
    ['toDate', 'to'],
  ] as const)
    if (isGiven(args[date]) && isGiven(args[instant]))
      throw new ValidationError(`'${date}' and '${instant}' say the same thing twice; give one of them`, date);
  if (isGiven(args.period)) {
    const other = (['from', 'to', 'fromDate', 'toDate'] as const).find((name) => isGiven(args[name]));
    if (other !== undefined)
      throw new ValidationError(
        `'period' is a window by itself and cannot be given together with '${other}'`,
        'period',
      );
    return periodWindow(args.period, now, justAfter(now), timezone);
  }
  return readWindow(
    {
      from: fromDate ? localMidnight(fromDate, timezone) : args.from,
      to: toDate ? localMidnight(toDate, timezone) : args.to,
    },
    now,
    { from: fromDate ? 'fromDate' : 'from', to: toDate ? 'toDate' : 'to' },
  );
}

const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

/** The end of a window that lasts until now, so that a call recorded in the same millisecond counts. */
const justAfter = (now: Date) => new Date(now.getTime() + 1);

/**
 * Reads `from` and `to` as given. When `to` is left out, the window lasts until now.
 * @throws {ValidationError} naming the argument.
 */
export function readWindow(
  args: WindowArgs,
  now: Date,
  names = { from: 'from', to: 'to' },
): { from: Date | undefined; to: Date } {
  const from = readable(args.from, names.from);
  const givenTo = readable(args.to, names.to);
  const to = givenTo ?? justAfter(now);
  if (from && !givenTo && from > now)
    throw new ValidationError(
      `'${names.from}' is in the future: it is ${from.toISOString()}, and it is now ${now.toISOString()}`,
      names.from,
    );
  if (to <= beginningOfTime)
    throw new ValidationError(
      `'${names.to}' must be after ${beginningOfTime.toISOString()}, the beginning of time`,
      names.to,
    );
  if (from && to <= from)
    throw new ValidationError(`'${names.to}' must be strictly greater than '${names.from}'`, names.to);
  return { from, to };
}

/**
 * The query of a report with its window filled in. Without `from` the window starts with the first call that passes the
 * filters or, if there is none before `to`, with the bucket in which the window ends. A report that goes on from a page of
 * groups is about the window of that page.
 * @throws {ValidationError} naming the argument.
 */
export async function resolveQuery(
  context: RequestContext,
  args: ReportWindowArgs,
  asked: Pick<ReportQuery, 'tenantId' | 'filters'>,
  { bucket, timezone, goingOn }: { bucket: Bucket; timezone: string; goingOn?: Window | undefined },
): Promise<ReportQuery> {
  const { from, to } = readReportWindow(args, context.now, timezone);
  if (goingOn) return { ...asked, ...sameWindow(args, { from, to }, goingOn) };
  const begin = await loadBegin(context, { ...asked, from: from ?? null, to });
  if (begin && begin < to) return { ...asked, from: begin, to };
  const lastBucket = bucketStart(new Date(to.getTime() - 1), bucket, timezone);
  return { ...asked, from: withinTime(lastBucket.getTime()), to };
}

/** The window of the page before. @throws {ValidationError} on `after` when the request gives other borders. */
function sameWindow(args: ReportWindowArgs, asked: { from: Date | undefined; to: Date }, window: Window): Window {
  const differs = (border: 'from' | 'to') =>
    (isGiven(args[border]) || isGiven(args[`${border}Date`])) && asked[border]?.getTime() !== window[border].getTime();
  for (const border of ['from', 'to'] as const)
    if (differs(border))
      throw new ValidationError(
        `'after' is a cursor of a window with another '${border}'; leave it out, or give ${window[border].toISOString()}`,
        'after',
      );
  return window;
}
