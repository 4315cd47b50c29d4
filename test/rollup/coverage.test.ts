import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketBorders } from '../../src/reporting/calendar/bucket-borders.ts';
import { segmentsOfWindow, type Segment } from '../../src/rollup/coverage.ts';
import { isLocal, grains as everyGrain, localUnits, type Grain, type UtcGrain } from '../../src/rollup/levels.ts';
import { clockOf } from '../../src/rollup/local-clock.ts';
import { calendarStart } from '../../src/values/local-calendar.ts';
import { runs } from '../reporting/property-options.ts';
import { zones } from '../reporting/intl-clock.ts';
import { bucketedWindow } from '../reporting/random-windows.ts';

const grains: readonly UtcGrain[] = ['HOUR', 'DAY', 'MONTH', 'YEAR'];

/** How an instant at which one begins is written. */
const written: Record<UtcGrain, RegExp> = {
  HOUR: /T..:00:00\.000Z$/,
  DAY: /T00:00:00\.000Z$/,
  MONTH: /-01T00:00:00\.000Z$/,
  YEAR: /-01-01T00:00:00\.000Z$/,
};
const begins = (grain: Grain, at: Date, zone = 'UTC') =>
  isLocal(grain)
    ? calendarStart(at.getTime(), localUnits[grain], zone) === at.getTime()
    : written[grain].test(at.toISOString());

const text = (year: number, month: number, rest = '-01T00:00:00.000Z') =>
  `${year > 9999 ? `+0${year}` : String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}${rest}`;

/** Begin of the month after. */
function nextMonth(at: number): number {
  const [year = 0, month = 0] = new Date(at).toISOString().split('-').map(Number);
  return Date.parse(month === 12 ? text(year + 1, 1) : text(year, month + 1));
}

/** Begin of the year after. */
function nextYear(at: number): number {
  const [year = 0] = new Date(at).toISOString().split('-').map(Number);
  return Date.parse(text(year + 1, 1));
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const after: Record<UtcGrain, (at: number) => number> = {
  HOUR: (at) => at + hourMs,
  DAY: (at) => at + dayMs,
  MONTH: nextMonth,
  YEAR: nextYear,
};

/** Begin of the first hour, day or month that begins at an instant or later. */
function firstFrom(grain: UtcGrain, at: number): number {
  if (begins(grain, new Date(at))) return at;
  if (grain === 'MONTH' || grain === 'YEAR') return after[grain](at);
  const length = after[grain](0);
  return at + length - (((at % length) + length) % length);
}

const fitsWithin = (grain: UtcGrain, from: number, to: number) => after[grain](firstFrom(grain, from)) <= to;

interface Window<Of extends Grain = Grain> {
  borders: Date[];
  grains: readonly Of[];
  /** Of the summaries of local days and months. */
  zone?: string;
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

const anyWindow: fc.Arbitrary<Window<UtcGrain>> = fc.record({
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

/** Of a tenant with a zone of its own, in which most of the windows begin. */
const anyLocalWindow: fc.Arbitrary<Window & { zone: string }> = fc
  .tuple(bucketedWindow(100), fc.constantFrom(...zones), fc.constantFrom(true, true, false), fc.boolean())
  .map(([{ from, to, bucket, zone: asked }, other, isOwn, isWhole]) => {
    const zone = isOwn ? asked : other;
    const borders = bucketBorders(new Date(from), new Date(to), bucket, asked).map((border) => border.getTime());
    const inside = borders.filter((border) => border > from && border < to);
    return { borders: toWindow(isWhole ? borders : [from, ...inside, to]), grains: everyGrain, zone };
  });

type Summarised = Segment & { grain: Grain };

const summarised = (segments: readonly Segment[]) =>
  segments.filter((segment): segment is Summarised => segment.grain !== 'CALL');

/** Ranges that only segments smaller than a grain cover. */
function smallerThan(grain: UtcGrain, segments: readonly Segment[]): { from: number; to: number }[] {
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

const covered = ({ borders, grains, zone }: Window) =>
  segmentsOfWindow(borders, { grains, clock: zone === undefined ? undefined : clockOf(zone) });

/** Checks the segments of many windows. */
function expectOfAny<W extends Window>(
  numRuns: number,
  windows: fc.Arbitrary<W>,
  check: (segments: Segment[], window: W) => void,
): void {
  fc.assert(
    fc.property(windows, (window) => check(covered(window), window)),
    runs(numRuns),
  );
}

const anyOrLocalWindow = fc.oneof<fc.Arbitrary<Window>[]>(anyWindow, anyLocalWindow);

describe('the segments of any window', () => {
  it('follow each other from its begin to its end, those of one grain as one', () => {
    expectOfAny(1_000, anyOrLocalWindow, (segments, { borders }) => {
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

  it('are of the given grains, and begin and end where these do on their clock', () => {
    expectOfAny(1_000, anyOrLocalWindow, (segments, { grains, zone }) => {
      for (const { grain, from, to } of summarised(segments)) {
        expect(grains).toContain(grain);
        expect([from, to].filter((at) => !begins(grain, at, zone))).toEqual([]);
      }
    });
  });

  it('have no hour, day or month with a border inside', () => {
    expectOfAny(1_000, anyOrLocalWindow, (segments, { borders, zone }) => {
      for (const { grain, from, to } of summarised(segments)) {
        const inside = borders.filter((border) => border > from && border < to);
        expect(inside.filter((border) => !begins(grain, border, zone))).toEqual([]);
      }
    });
  });

  it('leave no hour, day or month between two borders to smaller ones', () => {
    expectOfAny(1_000, anyWindow, (segments, { borders, grains }) => {
      const left = grains.flatMap((grain) =>
        overlaps(smallerThan(grain, segments), pairs(borders)).filter(({ from, to }) => fitsWithin(grain, from, to)),
      );
      expect(left).toEqual([]);
    });
  });
});

describe('a window', () => {
  const cover = (texts: string[], given: readonly Grain[] = grains, zone?: string) =>
    covered({ borders: texts.map((at) => new Date(at)), grains: given, ...(zone ? { zone } : {}) }).map(
      ({ grain, from, to }) => `${grain} ${short(from)} to ${short(to)}`,
    );
  const short = (at: Date) => at.toISOString().replace(/(T00:00)?:00\.000Z$/, '');
  const bucketed = (from: string, to: string, zone: string) =>
    bucketBorders(new Date(from), new Date(to), 'DAY', zone).map((border) => border.toISOString());

  it('of a year is that year, or its months', () => {
    const year = ['2025-01-01T00:00Z', '2026-01-01T00:00Z'];
    expect(cover(year)).toEqual(['YEAR 2025-01-01 to 2026-01-01']);
    expect(cover(year, ['HOUR', 'DAY', 'MONTH'])).toEqual(['MONTH 2025-01-01 to 2026-01-01']);
  });

  it("of a year in the tenant's zone is local months, by day local days", () => {
    const [from, to] = ['2024-12-31T23:00Z', '2025-12-31T23:00Z'];
    expect(cover([from, to], everyGrain, 'Europe/Berlin')).toEqual([
      'LOCAL_MONTH 2024-12-31T23:00 to 2025-12-31T23:00',
    ]);
    expect(cover(bucketed(from, to, 'Europe/Berlin'), everyGrain, 'Europe/Berlin')).toEqual([
      'LOCAL_DAY 2024-12-31T23:00 to 2025-12-31T23:00',
    ]);
  });

  it("of days in another zone or in UTC does not read a tenant's local days", () => {
    const [from, to] = ['2025-03-01T00:00Z', '2025-03-04T00:00Z'];
    expect(cover(bucketed(from, to, 'UTC'), everyGrain, 'Asia/Kolkata')).toEqual(['DAY 2025-03-01 to 2025-03-04']);
    expect(cover(['2025-03-01T05:00Z', '2025-03-03T05:00Z'], everyGrain, 'Asia/Kolkata')).toEqual([
      'HOUR 2025-03-01T05:00 to 2025-03-02',
      'DAY 2025-03-02 to 2025-03-03',
      'HOUR 2025-03-03 to 2025-03-03T05:00',
    ]);
  });

  it('reads no local day that an hour with a stale call lies in', () => {
    const days = ['2025-02-28T18:30Z', '2025-03-03T18:30Z'].map((at) => new Date(at));
    const stale = [Date.parse('2025-03-01T18:00Z')];
    const segments = segmentsOfWindow(days, { grains: ['LOCAL_DAY'], clock: clockOf('Asia/Kolkata'), stale });
    expect(segments.map(({ grain, from }) => `${grain} ${short(from)}`)).toEqual([
      'CALL 2025-02-28T18:30',
      'LOCAL_DAY 2025-03-02T18:30',
    ]);
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

  it('from the first year to the last is years', () => {
    expect(cover(['0001-01-01T00:00Z', '9999-01-01T00:00Z'])).toEqual(['YEAR 0001-01-01 to 9999-01-01']);
    expect(cover(['0099-12-31T00:00Z', '0100-02-01T00:00Z'])).toEqual([
      'DAY 0099-12-31 to 0100-01-01',
      'MONTH 0100-01-01 to 0100-02-01',
    ]);
  });
});
