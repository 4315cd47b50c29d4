import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { naive, notADateTime, parseDateTime } from '../../src/values/date-time.ts';
import { Unreadable } from '../../src/values/unreadable.ts';
import { anyText } from '../support/any-text.ts';

function read(text: string): string {
  const value = parseDateTime(text);
  return value instanceof Unreadable ? value.problem : value.toISOString();
}

describe('a date-time', () => {
  it.each([
    ['2026-04-01T00:00:00Z', '2026-04-01T00:00:00.000Z'],
    ['2026-04-15T12:30:00+02:00', '2026-04-15T10:30:00.000Z'],
    ['2026-04-15T12:30:00-03:30', '2026-04-15T16:00:00.000Z'],
    ['2026-04-15T12:30:00+05:45', '2026-04-15T06:45:00.000Z'],
    ['2026-04-15T12:30:00-00:00', '2026-04-15T12:30:00.000Z'],
    ['2026-04-15t12:30:00z', '2026-04-15T12:30:00.000Z'],
    ['2026-01-01T00:30:00+01:00', '2025-12-31T23:30:00.000Z'],
  ])('%s is read as %s', (text, instant) => {
    expect(read(text)).toBe(instant);
  });

  it.each(['2026-04-01T00:00:00', '2026-04-01T00:00:00.123', '2024-02-29T23:59:59'])('%s is naive', (text) => {
    expect(read(text)).toBe(naive);
    expect(naive).toBe('must be timezone-aware');
  });

  it.each([
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['2000-02-29T12:00:00Z', '2000-02-29T12:00:00.000Z'],
    ['2023-02-29T12:00:00Z', notADateTime],
    ['1900-02-29T12:00:00Z', notADateTime],
    ['2026-04-31T12:00:00Z', notADateTime],
    ['2026-13-01T12:00:00Z', notADateTime],
    ['2026-00-01T12:00:00Z', notADateTime],
    ['2026-01-00T12:00:00Z', notADateTime],
    ['2023-02-29T12:00:00+02:00', notADateTime],
  ])('%s follows the calendar: %s', (text, outcome) => {
    expect(read(text)).toBe(outcome);
  });

  it.each([
    '2026-04-01T24:00:00Z',
    '2026-04-01T23:60:00Z',
    '2026-06-30T23:59:60Z',
    '2026-04-01T12:00:00+24:00',
    '2026-04-01T12:00:00+02:60',
    '2026-04-01T12:00:00+2:00',
    '2026-04-01T12:00:00+0200',
    '2026-04-01T12:00Z',
    '2026-04-01 12:00:00Z',
    '2026-04-01T12:00:00.Z',
    '2026-04-01T12:00:00,5Z',
    '2026-04-01',
    ' 2026-04-01T12:00:00Z',
    '2026-04-01T12:00:00Z\n',
    '2026-04-01T12:00:00Z+02:00',
    '٢٠٢٦-04-01T12:00:00Z',
    '1775001600',
    '',
  ])('%j is none', (text) => {
    expect(read(text)).toBe(notADateTime);
  });

  it.each([
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['9999-12-31T23:59:59.9999Z', '9999-12-31T23:59:59.999Z'],
    ['0000-12-31T23:59:59Z', notADateTime],
    ['0001-01-01T00:00:00+00:01', notADateTime],
    ['9999-12-31T23:59:59-00:01', notADateTime],
    ['+12026-01-01T00:00:00Z', notADateTime],
    ['-0001-01-01T00:00:00Z', notADateTime],
  ])('%s meets the first and last year: %s', (text, outcome) => {
    expect(read(text)).toBe(outcome);
  });

  it.each([
    ['2026-04-01T00:00:00.1234567Z', '2026-04-01T00:00:00.123Z'],
    ['2026-04-01T00:00:00.9999999Z', '2026-04-01T00:00:00.999Z'],
    ['2026-04-01T00:00:00.5Z', '2026-04-01T00:00:00.500Z'],
    ['1969-12-31T23:59:59.9999Z', '1969-12-31T23:59:59.999Z'],
  ])('%s is cut off after the millisecond: %s', (text, instant) => {
    expect(read(text)).toBe(instant);
  });

  it('is the same instant with any offset', () => {
    const instants = fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    const offsets = fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 });
    fc.assert(
      fc.property(instants, offsets, (instant, offsetMinutes) => {
        const local = new Date(instant.getTime() + offsetMinutes * 60_000).toISOString().slice(0, -1);
        const [hours, minutes] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
        const offset = [hours, minutes].map((part) => String(part).padStart(2, '0')).join(':');
        expect(read(`${local}${offsetMinutes < 0 ? '-' : '+'}${offset}`)).toBe(instant.toISOString());
        expect(read(local)).toBe(naive);
      }),
    );
  });

  it('is never an exception', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(typeof read(text)).toBe('string');
      }),
    );
  });
});
