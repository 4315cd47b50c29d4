import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { localClock } from '../../../src/transfer/import/local-clock.ts';
import { timeReader } from '../../../src/transfer/import/read-time.ts';

const read = (text: string, timezone?: string) => timeReader(timezone)(text, 'occurredAt').toISOString();

describe('timeReader', () => {
  it('reads RFC 3339 with an offset, with T or a blank, whatever the time zone', () => {
    expect(read('2026-04-15T12:30:00+02:00', 'Asia/Tokyo')).toBe('2026-04-15T10:30:00.000Z');
    expect(read('2026-04-15 12:30:00Z')).toBe('2026-04-15T12:30:00.000Z');
  });

  it.each([
    ['2025-12-10 12:52:00.123456+00', '2025-12-10T12:52:00.123Z'],
    ['2025-12-10T12:52:00+0530', '2025-12-10T07:22:00.000Z'],
    ['2025-12-10 12:52:00 -03', '2025-12-10T15:52:00.000Z'],
    ['2025-12-10 12:52:00 UTC', '2025-12-10T12:52:00.000Z'],
    ['1765370855', '2025-12-10T12:47:35.000Z'],
    ['1765370855.248999', '2025-12-10T12:47:35.248Z'],
    ['1765370855248', '2025-12-10T12:47:35.248Z'],
    ['1765370855248999', '2025-12-10T12:47:35.248Z'],
    ['1765370855248999999', '2025-12-10T12:47:35.248Z'],
  ])('reads %s', (text, instant) => {
    expect(read(text, 'Asia/Tokyo')).toBe(instant);
  });

  it('reads naive times on the local clock', () => {
    expect(read('2023-11-16 18:15:46.6805900', 'UTC')).toBe('2023-11-16T18:15:46.680Z');
    expect(read('2023-07-16T18:15:46', 'Europe/Berlin')).toBe('2023-07-16T16:15:46.000Z');
    expect(read('2023-11-16T18:15:46', 'Asia/Kathmandu')).toBe('2023-11-16T12:30:46.000Z');
  });

  it('cuts off what is finer than a millisecond, before 1970 as well', () => {
    expect(read('2023-11-16 18:15:46.999999999', 'UTC')).toBe('2023-11-16T18:15:46.999Z');
    expect(read('1969-12-31 23:59:59.999999999', 'UTC')).toBe('1969-12-31T23:59:59.999Z');
    expect(read('1969-12-31T23:59:59.9999Z')).toBe('1969-12-31T23:59:59.999Z');
  });

  it('takes the earlier of a repeated hour, and counts a skipped one on', () => {
    expect(read('2025-10-26 02:30:00', 'Europe/Berlin')).toBe('2025-10-26T00:30:00.000Z');
    expect(read('2025-03-30 02:30:00', 'Europe/Berlin')).toBe('2025-03-30T01:30:00.000Z');
  });

  it('refuses naive times without a time zone and says what helps', () => {
    expect(() => read('2023-11-16 18:15:46')).toThrow(/^'occurredAt' must be timezone-aware; --timezone/);
  });

  it.each([
    '2023-02-29 00:00:00',
    '2023-11-16',
    '2023-11-16 18:15',
    '2023-11-16 18:15:60',
    '2023-11-16  18:15:46',
    '18:15:46',
    '17653708',
    '2025-12-10 12:52:00+5',
    '-1765370855',
    '0001-01-01 00:00:00',
  ])('refuses %s', (text) => {
    expect(() => read(text, 'Asia/Tokyo')).toThrow("'occurredAt' must be an RFC 3339 date-time");
  });

  it('refuses a time zone that there is not', () => {
    expect(() => timeReader('Europe/Berln')).toThrow("there is no time zone 'Europe/Berln'");
  });
});

describe('localClock', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia', 'Asia/Kathmandu'])(
    'agrees with Temporal in %s, close to clock changes too, in any order',
    (timezone) => {
      const clock = localClock(timezone);
      const change = Temporal.Instant.from('2011-06-01T00:00:00Z')
        .toZonedDateTimeISO(timezone)
        .getTimeZoneTransition('next');
      const around = change?.epochMilliseconds ?? 0;
      const readings = fc.oneof(
        fc.integer({ min: Date.UTC(1890, 0), max: Date.UTC(2100, 0) }),
        fc.integer({ min: around - 3 * 86_400_000, max: around + 3 * 86_400_000 }),
      );
      fc.assert(
        fc.property(readings, (reading) => {
          const local = Temporal.PlainDateTime.from(new Date(reading).toISOString().slice(0, -1));
          const instant = local.toZonedDateTime(timezone, { disambiguation: 'compatible' }).epochMilliseconds;
          expect(clock(reading)).toBe(instant);
        }),
        { numRuns: 300 },
      );
    },
  );
});
