import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketBorders, bucketStart } from '../../src/reporting/calendar/bucket-borders.ts';
import { changesOf, dayMs, expectedBorders, firstInstantAt, localReading, type TimedBucket } from './intl-clock.ts';
import { runs } from './property-options.ts';
import { bucketedWindow, unitMs } from './random-windows.ts';

const bordersOf = (from: number, to: number, bucket: TimedBucket, zone: string) =>
  bucketBorders(new Date(from), new Date(to), bucket, zone).map((border) => border.getTime());

const pairs = (borders: readonly number[]) =>
  borders.slice(1).map((end, index): [number, number] => [borders[index] ?? Number.NaN, end]);

const beginsUnit = {
  DAY: () => true,
  WEEK: (date: Date) => date.getUTCDay() === 1,
  MONTH: (date: Date) => date.getUTCDate() === 1,
};

describe('bucket borders of any window', { timeout: 120_000 }, () => {
  it('are those that the local clock gives', () => {
    fc.assert(
      fc.property(bucketedWindow(400), ({ from, to, bucket, zone }) => {
        expect(bordersOf(from, to, bucket, zone)).toEqual(expectedBorders(from, to, bucket, zone));
      }),
      runs(400),
    );
  });

  it('ascend, and hold the window without a bucket too many', () => {
    fc.assert(
      fc.property(bucketedWindow(400), ({ from, to, bucket, zone }) => {
        const borders = bordersOf(from, to, bucket, zone);
        expect(borders).toEqual(borders.toSorted((a, b) => a - b));
        expect(new Set(borders).size).toBe(borders.length);
        expect(borders[0]).toBeLessThanOrEqual(from);
        expect(borders[1]).toBeGreaterThan(from);
        expect(borders.at(-2)).toBeLessThan(to);
        expect(borders.at(-1)).toBeGreaterThanOrEqual(to);
      }),
      runs(300),
    );
  });

  it('are the first instants of local days, of Mondays, of firsts of a month', () => {
    fc.assert(
      fc.property(bucketedWindow(100, ['DAY', 'WEEK', 'MONTH'] as const), ({ from, to, bucket, zone }) => {
        for (const border of bordersOf(from, to, bucket, zone)) {
          const reading = localReading(border, zone);
          const midnight = reading - (reading % dayMs);
          expect(border).toBe(firstInstantAt(midnight, zone));
          expect(beginsUnit[bucket](new Date(reading))).toBe(true);
        }
      }),
      runs(200),
    );
  });

  it('are the full hours and minutes of the local clock and its changes', () => {
    fc.assert(
      fc.property(bucketedWindow(400, ['HOUR', 'MINUTE']), ({ from, to, bucket, zone }) => {
        const changes = changesOf(zone);
        for (const [start, end] of pairs(bordersOf(from, to, bucket, zone))) {
          const isFull = localReading(start, zone) % unitMs[bucket] === 0;
          expect(isFull || changes.includes(start)).toBe(true);
          expect(end - start).toBeLessThanOrEqual(unitMs[bucket]);
          expect(changes.filter((change) => change > start && change < end)).toEqual([]);
        }
      }),
      runs(200),
    );
  });

  it('are shared by windows that follow each other', () => {
    fc.assert(
      fc.property(bucketedWindow(300), fc.double({ min: 0, max: 1, noNaN: true }), (window, part) => {
        const { from, to, bucket, zone } = window;
        const middle = from + Math.max(1, Math.floor((to - from) * part));
        fc.pre(middle < to);
        const [first, second] = [bordersOf(from, middle, bucket, zone), bordersOf(middle, to, bucket, zone)];
        const together = [...new Set([...first, ...second])].toSorted((a, b) => a - b);
        expect(together).toEqual(bordersOf(from, to, bucket, zone));
      }),
      runs(200),
    );
  });

  it('begin where the bucket of the first instant does', () => {
    fc.assert(
      fc.property(bucketedWindow(1), ({ from, bucket, zone }) => {
        expect(bucketStart(new Date(from), bucket, zone).getTime()).toBe(
          expectedBorders(from, from + 1, bucket, zone)[0],
        );
      }),
      runs(300),
    );
  });
});
