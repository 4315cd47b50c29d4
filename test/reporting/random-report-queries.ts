import * as fc from 'fast-check';
import type { Filters, Order, RecordedCall } from '../support/oracle.ts';
import { dayMs, hourMs, minuteMs, zones, type TimedBucket } from './intl-clock.ts';
import { eventfulInstant, filters, now, tenants } from './random-calls.ts';
import { timedBuckets, unitMs } from './random-windows.ts';

/** A report query as a caller may send it; what is undefined is left out. */
export interface RandomReportQuery {
  tenantId: (typeof tenants)[number]['id'];
  from: number | undefined;
  to: number | undefined;
  /** Of the buckets that are not too short for the window, the one at this place. */
  bucketNo: number;
  timezone: (typeof zones)[number] | undefined;
  filters: Filters;
  orderBy: Order['orderBy'] | undefined;
  first: number | undefined;
}

const ids = tenants.map(({ id }) => id);
const anyTenant = fc.constantFrom(...ids);
const busyTenant = fc.constantFrom(...ids.filter((id) => id !== 'without calls'));
const leftOut = <T>(arbitrary: fc.Arbitrary<T>, freq: number) => fc.option(arbitrary, { nil: undefined, freq });

/** Instants at which windows begin and end: those of calls, just behind them, and others of eventful times. */
const edge = (calls: readonly RecordedCall[]): fc.Arbitrary<number> =>
  fc.oneof(
    eventfulInstant,
    fc.tuple(fc.constantFrom(...calls), fc.constantFrom(0, 1)).map(([{ occurredAt }, more]) => occurredAt + more),
  );

const length = fc.oneof(
  fc.integer({ min: 1, max: 12 }).map((quarters) => (quarters * hourMs) / 4),
  ...[3 * hourMs, 7 * dayMs, 150 * dayMs].map((max) => fc.integer({ min: 1, max })),
);

/** Windows around an eventful instant, and from one to another, which is years for the most part. */
export const eventfulWindow = (calls: readonly RecordedCall[]): fc.Arbitrary<{ from: number; to: number }> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(edge(calls), length, fc.constantFrom(0, 0.5, 0.9, 1)).map(([within, length, part]) => {
        const from = within - Math.floor(length * part);
        return { from, to: from + length };
      }),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(edge(calls), edge(calls))
        .filter(([one, other]) => one !== other)
        .map(([one, other]) => ({ from: Math.min(one, other), to: Math.max(one, other) })),
    },
  );

export const randomReportQuery = (calls: readonly RecordedCall[]): fc.Arbitrary<RandomReportQuery> =>
  fc
    .record({
      tenantId: fc.oneof({ weight: 9, arbitrary: busyTenant }, { weight: 1, arbitrary: anyTenant }),
      window: eventfulWindow(calls),
      open: fc.constantFrom<Open[]>(
        'neither',
        'neither',
        'neither',
        'neither',
        'from',
        'to',
        'both',
        'from, before any call',
      ),
      bucketNo: fc.nat(),
      timezone: leftOut(fc.constantFrom(...zones), 4),
      filters,
      orderBy: leftOut(fc.constantFrom<Order['orderBy'][]>('COST_DESC', 'CALLS_DESC', 'TOKENS_DESC', 'NAME_ASC'), 4),
      first: leftOut(fc.integer({ min: 1, max: 8 }), 2),
    })
    .map(({ window, open, ...asked }) => ({ ...asked, ...leftOpen(window, open, calls) }))
    .filter(({ from, to }) => from === undefined || from < (to ?? now));

const everything = ['tenantId', 'window', 'filters', 'timezone'];
const differing = fc.oneof(
  fc.constantFrom(...everything).map((thing) => [thing]),
  fc.constant(everything),
);

/** Two report queries that differ in one thing or in all. */
export const twoReportQueries = (
  calls: readonly RecordedCall[],
): fc.Arbitrary<[RandomReportQuery, RandomReportQuery]> =>
  fc.tuple(randomReportQuery(calls), randomReportQuery(calls), differing).map(([one, other, differing]) => [
    one,
    {
      ...one,
      ...(differing.includes('tenantId') ? { tenantId: other.tenantId } : {}),
      ...(differing.includes('window') ? { from: other.from, to: other.to } : {}),
      ...(differing.includes('filters') ? { filters: other.filters } : {}),
      ...(differing.includes('timezone') ? { timezone: other.timezone } : {}),
    },
  ]);

type Open = 'neither' | 'from' | 'to' | 'both' | 'from, before any call';

function leftOpen({ from, to }: { from: number; to: number }, open: Open, calls: readonly RecordedCall[]) {
  if (open === 'from, before any call')
    return { from: undefined, to: Math.min(...calls.map((call) => call.occurredAt)) };
  return {
    from: open === 'from' || open === 'both' ? undefined : from,
    to: open === 'to' || open === 'both' ? undefined : to,
  };
}

const mostBuckets = 200;

/** The bucket that is asked for in a window: one of those of which it has no more than 200. */
export function bucketFor({ from, to }: { from: number; to: number }, bucketNo: number): TimedBucket | 'NONE' {
  const fitting = timedBuckets.filter((bucket) => (to - from) / unitMs[bucket] <= mostBuckets);
  return [...fitting, ...fitting][bucketNo % (2 * fitting.length + 1)] ?? 'NONE';
}

const offsets = { Z: 0, '+05:45': 345, '-03:30': -210 };

/** An instant as RFC 3339 text, in one offset or another. */
export function withSomeOffset(at: number): string {
  const [offset, minutes] = Object.entries(offsets)[at % 3] ?? ['Z', 0];
  return new Date(at + minutes * minuteMs).toISOString().replace('Z', offset);
}
