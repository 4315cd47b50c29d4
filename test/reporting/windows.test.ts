import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketStart } from '../../src/reporting/calendar/bucket-borders.ts';
import {
  beginningOfTime,
  localMidnight,
  periodWindow,
  windowBefore,
  type Comparison,
  type Period,
} from '../../src/reporting/calendar/windows.ts';
import { localTime } from '../../src/reporting/calendar/local-time.ts';
import { parseLocalDate, type LocalDate } from '../../src/values/local-date.ts';
import { dayMs, zones } from './intl-clock.ts';
import { runs } from './property-options.ts';
import { instantIn } from './random-windows.ts';

const iso = ({ from, to }: { from: Date; to: Date }) =>
  [from, to].map((at) => at.toISOString().replace(':00.000Z', 'Z'));

describe('a period', () => {
  // A Wednesday, 01:30 in Berlin and still Tuesday in New York.
  const now = new Date('2026-04-14T23:30:00Z');
  const window = (period: Period, zone: string) => iso(periodWindow(period, now, now, zone));

  it.each<[Period, string, string]>([
    ['TODAY', '2026-04-14T22:00Z', '2026-04-14T23:30Z'],
    ['YESTERDAY', '2026-04-13T22:00Z', '2026-04-14T22:00Z'],
    ['THIS_WEEK', '2026-04-12T22:00Z', '2026-04-14T23:30Z'],
    ['LAST_WEEK', '2026-04-05T22:00Z', '2026-04-12T22:00Z'],
    ['THIS_MONTH', '2026-03-31T22:00Z', '2026-04-14T23:30Z'],
    // It began in winter time.
    ['LAST_MONTH', '2026-02-28T23:00Z', '2026-03-31T22:00Z'],
    ['THIS_YEAR', '2025-12-31T23:00Z', '2026-04-14T23:30Z'],
    ['LAST_24_HOURS', '2026-04-13T23:30Z', '2026-04-14T23:30Z'],
    ['LAST_7_DAYS', '2026-04-08T22:00Z', '2026-04-14T23:30Z'],
    ['LAST_30_DAYS', '2026-03-16T23:00Z', '2026-04-14T23:30Z'],
    ['LAST_90_DAYS', '2026-01-15T23:00Z', '2026-04-14T23:30Z'],
  ])('%s is on the local clock', (period, from, to) => {
    expect(window(period, 'Europe/Berlin')).toEqual([from, to]);
  });

  it('depends on the day that it is in the zone', () => {
    expect(window('TODAY', 'America/New_York')).toEqual(['2026-04-14T04:00Z', '2026-04-14T23:30Z']);
    expect(window('THIS_WEEK', 'Asia/Kathmandu')).toEqual(['2026-04-12T18:15Z', '2026-04-14T23:30Z']);
  });

  it('does not begin before time does', () => {
    const { from } = periodWindow('THIS_YEAR', new Date('0001-06-01T00:00:00Z'), new Date(), 'Asia/Tokyo');
    expect(from).toEqual(beginningOfTime);
  });
});

describe('the window before', () => {
  const before = (from: string, to: string, comparison: Comparison, zone = 'Europe/Berlin') =>
    iso(windowBefore({ from: new Date(from), to: new Date(to) }, comparison, zone));

  it('is as many local days, whatever the clock does', () => {
    // The week of the change to summer time, and the one after it.
    expect(before('2026-03-29T22:00Z', '2026-04-05T22:00Z', 'PREVIOUS_PERIOD')).toEqual([
      '2026-03-22T23:00Z',
      '2026-03-29T22:00Z',
    ]);
    expect(before('2026-03-28T23:00Z', '2026-03-29T22:00Z', 'PREVIOUS_PERIOD')).toEqual([
      '2026-03-27T23:00Z',
      '2026-03-28T23:00Z',
    ]);
  });

  it('is as long where it is no number of whole days', () => {
    expect(before('2026-04-14T22:00Z', '2026-04-15T10:00Z', 'PREVIOUS_PERIOD')).toEqual([
      '2026-04-14T10:00Z',
      '2026-04-14T22:00Z',
    ]);
  });

  it('is a week, a month or a year earlier on the local calendar', () => {
    const [from, to] = ['2026-03-31T22:00Z', '2026-04-14T22:30Z'];
    expect(before(from, to, 'PREVIOUS_WEEK')).toEqual(['2026-03-24T23:00Z', '2026-04-07T22:30Z']);
    expect(before(from, to, 'PREVIOUS_MONTH')).toEqual(['2026-02-28T23:00Z', '2026-03-14T23:30Z']);
    expect(before(from, to, 'PREVIOUS_YEAR')).toEqual(['2025-03-31T22:00Z', '2025-04-14T22:30Z']);
  });

  it('of the 31st begins on the last of the month before, and of 29 February on the 28th', () => {
    expect(before('2026-03-31T00:00Z', '2026-03-31T12:00Z', 'PREVIOUS_MONTH', 'UTC')).toEqual([
      '2026-02-28T00:00Z',
      '2026-02-28T12:00Z',
    ]);
    expect(before('2028-02-29T00:00Z', '2028-03-01T00:00Z', 'PREVIOUS_YEAR', 'UTC')).toEqual([
      '2027-02-28T00:00Z',
      '2027-03-01T00:00Z',
    ]);
  });

  it('keeps its local length where nothing would be left of it', () => {
    expect(before('2026-03-30T00:00Z', '2026-03-31T00:00Z', 'PREVIOUS_MONTH', 'UTC')).toEqual([
      '2026-02-28T00:00Z',
      '2026-03-01T00:00Z',
    ]);
  });

  it('begins later where the clock skips its time, and with the day where it skips midnight', () => {
    // 02:30 of 29 March 2026 does not exist in Berlin.
    expect(before('2026-04-05T00:30Z', '2026-04-05T10:00Z', 'PREVIOUS_WEEK')[0]).toBe('2026-03-29T01:30Z');
    // 5 September 2021 began at 01:00 in Santiago; a week later there is a midnight again.
    expect(before('2021-09-12T03:00Z', '2021-09-12T12:00Z', 'PREVIOUS_WEEK', 'America/Santiago')[0]).toBe(
      '2021-09-05T04:00Z',
    );
    expect(before('2021-09-05T04:00Z', '2021-09-05T12:00Z', 'PREVIOUS_WEEK', 'America/Santiago')[0]).toBe(
      '2021-08-29T04:00Z',
    );
  });

  it('keeps the offset of a repeated time', () => {
    // 02:30 of 25 October 2026 is twice in Berlin, and the window begins in winter time.
    expect(before('2026-11-01T01:30Z', '2026-11-01T10:00Z', 'PREVIOUS_WEEK')[0]).toBe('2026-10-25T01:30Z');
  });

  it('at the beginning of time is as short as one can be', () => {
    for (const comparison of ['PREVIOUS_PERIOD', 'PREVIOUS_WEEK', 'PREVIOUS_MONTH', 'PREVIOUS_YEAR'] as const)
      expect(
        windowBefore({ from: beginningOfTime, to: new Date('0001-01-02T00:00:00Z') }, comparison, 'Asia/Tokyo'),
      ).toEqual({ from: beginningOfTime, to: new Date(beginningOfTime.getTime() + 1) });
  });

  const window = fc.constantFrom(...zones).chain((zone) =>
    fc
      .tuple(instantIn(zone), instantIn(zone))
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => ({ zone, from: new Date(Math.min(a, b)), to: new Date(Math.max(a, b)) })),
  );

  it('ends where the window begins, and is a number of days where the window is', () => {
    fc.assert(
      fc.property(window, ({ zone, from, to }) => {
        const previous = windowBefore({ from, to }, 'PREVIOUS_PERIOD', zone);
        expect(previous.to).toEqual(from);
        const isMidnight = (at: Date) => bucketStart(at, 'DAY', zone).getTime() === at.getTime();
        const isOfDays = isMidnight(from) && isMidnight(to);
        const difference = to.getTime() - from.getTime() - (from.getTime() - previous.from.getTime());
        expect(isMidnight(previous.from) || !isOfDays).toBe(true);
        // Days are of different lengths, one of them of none.
        expect(Math.abs(difference)).toBeLessThan(isOfDays ? 2 * dayMs : 1);
      }),
      runs(2000),
    );
  });

  it('is a window, and shows a month, week or year less on the local clock', () => {
    const monthsOf = (local: string) => Number(local.slice(0, 4)) * 12 + Number(local.slice(5, 7));
    fc.assert(
      fc.property(window, ({ zone, from, to }) => {
        for (const [comparison, months] of [
          ['PREVIOUS_MONTH', 1],
          ['PREVIOUS_YEAR', 12],
        ] as const) {
          const previous = windowBefore({ from, to }, comparison, zone);
          expect(previous.from.getTime()).toBeLessThan(previous.to.getTime());
          expect(monthsOf(localTime(from, zone)) - monthsOf(localTime(previous.from, zone))).toBe(months);
        }
        const week = windowBefore({ from, to }, 'PREVIOUS_WEEK', zone);
        expect(week.from.getTime()).toBeLessThan(week.to.getTime());
        const days = (Date.parse(`${localTime(from, zone)}Z`) - Date.parse(`${localTime(week.from, zone)}Z`)) / dayMs;
        // Within an hour or two, where the clock skips the time; a whole day in Apia.
        expect(Math.abs(days - 7)).toBeLessThan(1.1);
      }),
      runs(2000),
    );
  });
});

describe('a local date', () => {
  it('stands for the first instant of its day', () => {
    const midnight = (date: string, zone: string) =>
      localMidnight(parseLocalDate(date) as LocalDate, zone).toISOString();
    expect(midnight('2026-04-01', 'Asia/Kathmandu')).toBe('2026-03-31T18:15:00.000Z');
    expect(midnight('2021-09-05', 'America/Santiago')).toBe('2021-09-05T04:00:00.000Z');
    expect(midnight('0001-01-01', 'Asia/Tokyo')).toBe('0001-01-01T00:00:00.000Z');
    expect(midnight('9999-12-31', 'America/New_York')).toBe('9999-12-31T05:00:00.000Z');
  });

  it.each([
    '',
    '2026-4-1',
    '2026-02-30',
    '0000-01-01',
    '2026-04-01T00:00',
    '+002026-04-01',
    '2026-04-01[u-ca=iso8601]',
  ])('is not %j', (text) => {
    expect(parseLocalDate(text)).toEqual({ problem: 'must be a date like "2026-04-01"' });
  });
});
