import { describe, expect, it } from 'vitest';
import { bucketBorders, bucketStart } from '../../src/reporting/calendar/bucket-borders.ts';
import { hourMs, type TimedBucket } from './intl-clock.ts';

const bordersOf = (from: string, to: string, bucket: TimedBucket, zone: string) =>
  bucketBorders(new Date(from), new Date(to), bucket, zone).map((border) =>
    border.toISOString().replace(':00.000Z', 'Z'),
  );

describe('a day', () => {
  it.each([
    ['2025-03-30', 'Europe/Berlin', 23],
    ['2025-03-31', 'Europe/Berlin', 24],
    ['2025-10-26', 'Europe/Berlin', 25],
    ['2025-03-09', 'America/New_York', 23],
    ['2025-11-02', 'America/New_York', 25],
    ['2025-04-06', 'Australia/Lord_Howe', 24.5],
    ['2025-10-05', 'Australia/Lord_Howe', 23.5],
    ['2025-03-30', 'Antarctica/Troll', 22],
    ['2025-10-26', 'Antarctica/Troll', 26],
    ['2010-11-07', 'America/St_Johns', 25],
    ['2025-03-30', 'Asia/Kathmandu', 24],
  ])('%s in %s has %d hours', (day, zone, hours) => {
    const noon = Date.parse(`${day}T12:00Z`);
    const [start, end] = bucketBorders(new Date(noon), new Date(noon + 1), 'DAY', zone);
    expect((Number(end) - Number(start)) / hourMs).toBe(hours);
  });

  it('begins at local midnight, in zones with 45 and 30 minutes too', () => {
    expect(bordersOf('2026-04-01T00:00Z', '2026-04-01T12:00Z', 'DAY', 'Asia/Kathmandu')).toEqual([
      '2026-03-31T18:15Z',
      '2026-04-01T18:15Z',
    ]);
    expect(bordersOf('2026-04-01T00:00Z', '2026-04-01T18:30Z', 'DAY', 'Asia/Kolkata')).toEqual([
      '2026-03-31T18:30Z',
      '2026-04-01T18:30Z',
    ]);
  });

  it('begins with its first instant where its midnight is skipped', () => {
    expect(bordersOf('2018-11-04T12:00Z', '2018-11-04T13:00Z', 'DAY', 'America/Sao_Paulo')).toEqual([
      '2018-11-04T03:00Z',
      '2018-11-05T02:00Z',
    ]);
  });

  it('begins at the first of two midnights', () => {
    // At 00:01 of the 7th the clock went back to 23:01 of the 6th.
    expect(bordersOf('2010-11-07T02:45Z', '2010-11-07T02:46Z', 'DAY', 'America/St_Johns')).toEqual([
      '2010-11-07T02:30Z',
      '2010-11-08T03:30Z',
    ]);
  });

  it('that a zone skipped is no bucket', () => {
    expect(bordersOf('2011-12-29T10:00Z', '2011-12-31T10:00Z', 'DAY', 'Pacific/Apia')).toEqual([
      '2011-12-29T10:00Z',
      '2011-12-30T10:00Z',
      '2011-12-31T10:00Z',
    ]);
  });
});

describe('an hour', () => {
  it('that an autumn change repeats is two buckets', () => {
    expect(bordersOf('2025-10-25T23:00Z', '2025-10-26T03:00Z', 'HOUR', 'Europe/Berlin')).toEqual([
      '2025-10-25T23:00Z',
      '2025-10-26T00:00Z',
      '2025-10-26T01:00Z',
      '2025-10-26T02:00Z',
      '2025-10-26T03:00Z',
    ]);
  });

  it('of which a change repeats only a half has that half as a bucket of its own', () => {
    // At 02:00 the clock goes back to 01:30.
    expect(bordersOf('2025-04-05T14:00Z', '2025-04-05T16:30Z', 'HOUR', 'Australia/Lord_Howe')).toEqual([
      '2025-04-05T14:00Z',
      '2025-04-05T15:00Z',
      '2025-04-05T15:30Z',
      '2025-04-05T16:30Z',
    ]);
  });

  it('ends at a change within it', () => {
    // At 00:01 the clock goes back to 23:01.
    expect(bordersOf('2010-11-07T02:00Z', '2010-11-07T03:31Z', 'HOUR', 'America/St_Johns')).toEqual([
      '2010-11-07T01:30Z',
      '2010-11-07T02:30Z',
      '2010-11-07T02:31Z',
      '2010-11-07T03:30Z',
      '2010-11-07T04:30Z',
    ]);
  });

  it('begins at local :00 where that is 15 minutes past', () => {
    expect(bordersOf('2026-04-01T00:00Z', '2026-04-01T01:15Z', 'HOUR', 'Asia/Kathmandu')).toEqual([
      '2026-03-31T23:15Z',
      '2026-04-01T00:15Z',
      '2026-04-01T01:15Z',
    ]);
  });
});

describe('a week', () => {
  it('begins on Monday, over the end of a year too', () => {
    expect(bordersOf('2026-01-01T00:00Z', '2026-01-05T00:00Z', 'WEEK', 'UTC')).toEqual([
      '2025-12-29T00:00Z',
      '2026-01-05T00:00Z',
    ]);
  });
});

describe('a month', () => {
  it('is as long as in the calendar', () => {
    expect(bordersOf('2024-02-10T00:00Z', '2024-03-10T00:00Z', 'MONTH', 'Europe/Berlin')).toEqual([
      '2024-01-31T23:00Z',
      '2024-02-29T23:00Z',
      '2024-03-31T22:00Z',
    ]);
  });
});

describe('an instant on a border', () => {
  it('belongs to the bucket that begins there', () => {
    const midnight = new Date('2026-03-31T22:00:00Z');
    for (const bucket of ['MINUTE', 'HOUR', 'DAY', 'MONTH'] as const)
      expect(bucketStart(midnight, bucket, 'Europe/Berlin')).toEqual(midnight);
    expect(bucketStart(new Date(midnight.getTime() - 1), 'DAY', 'Europe/Berlin')).toEqual(
      new Date('2026-03-30T22:00:00Z'),
    );
  });
});
