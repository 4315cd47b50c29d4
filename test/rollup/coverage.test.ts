import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketBorders } from '../../src/reporting/calendar/bucket-borders.ts';
import { coverWindow, type Segment } from '../../src/rollup/coverage.ts';
import type { Grain } from '../../src/rollup/levels.ts';
import { runs } from '../reporting/property-options.ts';
import { bucketedWindow } from '../reporting/random-windows.ts';

const grains: readonly Grain[] = ['HOUR', 'DAY', 'MONTH'];

/** How an instant at which one begins is written. */
const written = { HOUR: /T..:00:00\.000Z$/, DAY: /T00:00:00\.000Z$/, MONTH: /-01T00:00:00\.000Z$/ };
const begins = (grain: Grain, at: Date) => written[grain].test(at.toISOString());

const text = (year: number, month: number, rest = '-01T00:00:00.000Z') =>
  `${year > 9999 ? `+0${year}` : String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}${rest}`;

/** Begin of the month after. */
function nextMonth(at: number): number {
  const [year = 0, month = 0] = new Date(at).toISOString().split('-').map(Number);
  return Date.parse(month === 12 ? text(year + 1, 1) : text(year, month + 1));
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const after: Record<Grain, (at: number) => number> = {
  HOUR: (at) => at + hourMs,
  DAY: (at) => at + dayMs,
  MONTH: nextMonth,
};

/** Begin of the first hour, day or month that begins at an instant or later. */
function firstFrom(grain: Grain, at: number): number {
  if (begins(grain, new Date(at))) return at;
  if (grain === 'MONTH') return nextMonth(at);
  const length = after[grain](0);
  return at + length - (((at % length) + length) % length);
}

const fitsWithin = (grain: Grain, from: number, to: number) => after[grain](firstFrom(grain, from)) <= to;

interface Window {
  borders: Date[];
  grains: readonly Grain[];
}

const earliest = Date.parse(text(1, 1));
const latest = Date.parse(text(9999, 12, '-31T23:59:59.999Z'));
const anyInstant = fc
  .tuple(
    fc.integer({ min: 1, max: 9999 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 0, max: 31 * dayMs - 1 }),
  )
  .map(([year, month, within]) => Math.min(latest, Date.parse(text(year, month)) + within));

/** As it is, or where something begins: most windows that people ask for do. */
const roundings = [() => undefined, ...grains.map((grain) => (at: number) => firstFrom(grain, at))];
const rounded = (instant: fc.Arbitrary<number>) =>
  fc
    .tuple(instant, fc.constantFrom(...roundings), fc.constantFrom(0, 0, 0, 1, -1, 15 * 60_000, hourMs / 2))
    .map(([at, round, more]) => Math.min(latest, Math.max(earliest, (round(at) ?? at) + more)));

const toWindow = (instants: readonly number[]) =>
  [...new Set(instants)].toSorted((a, b) => a - b).map((at) => new Date(at));

const someBorders = fc.constantFrom(hourMs, dayMs, 3 * dayMs, 70 * dayMs, 800 * dayMs).chain((longest) =>
  rounded(anyInstant).chain((from) =>
    fc
      .array(rounded(fc.integer({ min: 0, max: longest }).map((distance) => Math.min(latest, from + distance))), {
        minLength: 1,
        maxLength: 12,
      })
      .map((more) => toWindow([from, ...more])),
  ),
);

/** Those of a report by bucket, which begins and ends within one. */
const bordersOfBuckets = bucketedWindow(100).map(({ from, to, bucket, zone }) => {
  const borders = bucketBorders(new Date(from), new Date(to), bucket, zone).map((border) => border.getTime());
  return toWindow([from, ...borders.filter((border) => border > from && border < to), to]);
});

const anyGrains = fc.shuffledSubarray([...grains]);

const anyWindow: fc.Arbitrary<Window> = fc.record({
  borders: fc.oneof(
    someBorders.filter(({ length }) => length > 1),
    bordersOfBuckets,
    fc
      .tuple(rounded(anyInstant), rounded(anyInstant))
      .map(toWindow)
      .filter(({ length }) => length > 1),
  ),
  grains: fc.oneof(fc.constant(grains), anyGrains),
});

type Summarised = Segment & { grain: Grain };

const summarised = (segments: readonly Segment[]) =>
  segments.filter((segment): segment is Summarised => segment.grain !== 'CALL');

/** Ranges that only segments smaller than a grain cover. */
function smallerThan(grain: Grain, segments: readonly Segment[]): { from: number; to: number }[] {
  const sizes: readonly Segment['grain'][] = ['CALL', ...grains];
  const found: { from: number; to: number }[] = [];
  for (const segment of segments.filter((segment) => sizes.indexOf(segment.grain) < sizes.indexOf(grain))) {
    const last = found.at(-1);
    if (last?.to === segment.from.getTime()) last.to = segment.to.getTime();
    else found.push({ from: segment.from.getTime(), to: segment.to.getTime() });
  }
  return found;
}

const pairs = (borders: readonly Date[]) =>
  borders.slice(1).map((end, index) => ({ from: Number(borders[index]), to: end.getTime() }));

const overlaps = (some: ReturnType<typeof pairs>, others: ReturnType<typeof pairs>) =>
  some.flatMap((one) =>
    others
      .map((other) => ({ from: Math.max(one.from, other.from), to: Math.min(one.to, other.to) }))
      .filter(({ from, to }) => from < to),
  );

/** Checks the segments of many windows. */
function expectOfAny(numRuns: number, check: (segments: Segment[], window: Window) => void): void {
  fc.assert(
    fc.property(anyWindow, (window) => check(coverWindow(window.borders, window.grains), window)),
    runs(numRuns),
  );
}

describe('the segments of any window', () => {
  it('follow each other from its begin to its end, those of one grain as one', () => {
    expectOfAny(1_000, (segments, { borders }) => {
      expect(segments[0]?.from).toEqual(borders[0]);
      expect(segments.at(-1)?.to).toEqual(borders.at(-1));
      for (const [index, segment] of segments.entries()) {
        expect(segment.from.getTime()).toBeLessThan(segment.to.getTime());
        const next = segments[index + 1];
        if (!next) continue;
        expect(next.from).toEqual(segment.to);
        expect(next.grain).not.toBe(segment.grain);
      }
    });
  });

  it('are of the given grains, and begin and end where these do on the clock of UTC', () => {
    expectOfAny(1_000, (segments, { grains }) => {
      for (const { grain, from, to } of summarised(segments)) {
        expect(grains).toContain(grain);
        expect([from, to].filter((at) => !begins(grain, at))).toEqual([]);
      }
    });
  });

  it('have no hour, day or month with a border inside', () => {
    expectOfAny(1_000, (segments, { borders }) => {
      for (const { grain, from, to } of summarised(segments)) {
        const inside = borders.filter((border) => border > from && border < to);
        expect(inside.filter((border) => !begins(grain, border))).toEqual([]);
      }
    });
  });

  it('leave no hour, day or month between two borders to smaller ones', () => {
    expectOfAny(1_000, (segments, { borders, grains }) => {
      const left = grains.flatMap((grain) =>
        overlaps(smallerThan(grain, segments), pairs(borders)).filter(({ from, to }) => fitsWithin(grain, from, to)),
      );
      expect(left).toEqual([]);
    });
  });
});

describe('a window', () => {
  const cover = (texts: string[], given: readonly Grain[] = grains) =>
    coverWindow(
      texts.map((at) => new Date(at)),
      given,
    ).map(({ grain, from, to }) => `${grain} ${short(from)} to ${short(to)}`);
  const short = (at: Date) => at.toISOString().replace(/(T00:00)?:00\.000Z$/, '');
  const bucketed = (from: string, to: string, zone: string) =>
    bucketBorders(new Date(from), new Date(to), 'DAY', zone).map((border) => border.toISOString());

  it('of a year is its months', () => {
    expect(cover(['2025-01-01T00:00Z', '2026-01-01T00:00Z'])).toEqual(['MONTH 2025-01-01 to 2026-01-01']);
  });

  it('of a year by day is one segment of days', () => {
    const days = bucketed('2025-01-01T00:00Z', '2026-01-01T00:00Z', 'UTC');
    expect(days).toHaveLength(366);
    expect(cover(days)).toEqual(['DAY 2025-01-01 to 2026-01-01']);
  });

  it('of a day in Berlin is hours', () => {
    expect(cover(bucketed('2026-04-01T10:00Z', '2026-04-01T11:00Z', 'Europe/Berlin'))).toEqual([
      'HOUR 2026-03-31T22:00 to 2026-04-01T22:00',
    ]);
  });

  it('of a month in Berlin is days with hours around', () => {
    expect(cover(['2026-03-31T22:00Z', '2026-04-30T22:00Z'])).toEqual([
      'HOUR 2026-03-31T22:00 to 2026-04-01',
      'DAY 2026-04-01 to 2026-04-30',
      'HOUR 2026-04-30 to 2026-04-30T22:00',
    ]);
  });

  it('of two days in Kolkata has the calls of the hours that its midnights cut', () => {
    expect(cover(bucketed('2026-04-01T00:00Z', '2026-04-02T18:30Z', 'Asia/Kolkata'))).toEqual([
      'CALL 2026-03-31T18:30 to 2026-03-31T19:00',
      'HOUR 2026-03-31T19:00 to 2026-04-01T18:00',
      'CALL 2026-04-01T18:00 to 2026-04-01T19:00',
      'HOUR 2026-04-01T19:00 to 2026-04-02T18:00',
      'CALL 2026-04-02T18:00 to 2026-04-02T18:30',
    ]);
  });

  it('with ragged ends goes from calls to months and back', () => {
    expect(cover(['2025-11-28T21:15Z', '2026-02-02T02:30Z'])).toEqual([
      'CALL 2025-11-28T21:15 to 2025-11-28T22:00',
      'HOUR 2025-11-28T22:00 to 2025-11-29',
      'DAY 2025-11-29 to 2025-12-01',
      'MONTH 2025-12-01 to 2026-02-01',
      'DAY 2026-02-01 to 2026-02-02',
      'HOUR 2026-02-02 to 2026-02-02T02:00',
      'CALL 2026-02-02T02:00 to 2026-02-02T02:30',
    ]);
  });

  it('without summaries of hours has calls in their place', () => {
    expect(cover(['2026-03-31T22:00Z', '2026-04-02T22:00Z'], ['DAY', 'MONTH'])).toEqual([
      'CALL 2026-03-31T22:00 to 2026-04-01',
      'DAY 2026-04-01 to 2026-04-02',
      'CALL 2026-04-02 to 2026-04-02T22:00',
    ]);
  });

  it('without any summaries is calls', () => {
    expect(cover(['2025-01-01T00:00Z', '2025-07-01T00:00Z', '2026-01-01T00:00Z'], [])).toEqual([
      'CALL 2025-01-01 to 2026-01-01',
    ]);
  });

  it('from the first year to the last is months', () => {
    expect(cover(['0001-01-01T00:00Z', '9999-12-01T00:00Z'])).toEqual(['MONTH 0001-01-01 to 9999-12-01']);
    expect(cover(['0099-12-31T00:00Z', '0100-02-01T00:00Z'])).toEqual([
      'DAY 0099-12-31 to 0100-01-01',
      'MONTH 0100-01-01 to 0100-02-01',
    ]);
  });
});
