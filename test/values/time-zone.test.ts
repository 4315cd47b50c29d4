import { describe, expect, it } from 'vitest';
import { parseTimeZone } from '../../src/values/time-zone.ts';
import { Unreadable } from '../../src/values/unreadable.ts';

describe('a time zone', () => {
  it.each(['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'EST5EDT'])(
    'is %s',
    (name) => {
      expect(parseTimeZone(name)).toBe(name);
    },
  );

  it('is every zone that there is', () => {
    for (const name of Intl.supportedValuesOf('timeZone')) expect(parseTimeZone(name)).toBe(name);
  });

  it.each([
    '',
    '+02:00',
    '-0300',
    '+02',
    'UTC+2',
    'Nowhere/City',
    'Europe/',
    '/Berlin',
    'Europe//Berlin',
    ' UTC',
    'UTC\0',
  ])('is not %j', (text) => {
    expect(parseTimeZone(text)).toBeInstanceOf(Unreadable);
  });

  it('is no text of a million characters, which nobody looks at', () => {
    expect(parseTimeZone(`Europe/${'x'.repeat(1_000_000)}`)).toBeInstanceOf(Unreadable);
  });
});
