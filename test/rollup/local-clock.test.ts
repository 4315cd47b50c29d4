import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clockNamed, clockOf, differsFromUtc, localStart, nextLocalStart } from '../../src/rollup/local-clock.ts';
import { calendarStart } from '../../src/values/local-calendar.ts';
import { expectedBorders, zones } from '../reporting/intl-clock.ts';
import { runs } from '../reporting/property-options.ts';
import { instantIn } from '../reporting/random-windows.ts';

const units = ['DAY', 'MONTH'] as const;

/** What clocks have done at midnight, or to whole days and seconds, long ago as well. */
const odd: [zone: string, around: string][] = [
  ['America/Sao_Paulo', '2017-10-15T03:00:00Z'],
  ['America/St_Johns', '2010-11-07T02:31:00Z'],
  ['Asia/Beirut', '2022-03-26T22:00:00Z'],
  ['Africa/Cairo', '2023-04-27T22:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['Pacific/Kwajalein', '1993-08-21T12:00:00Z'],
  ['Europe/Berlin', '1893-03-31T23:06:32Z'],
  ['Asia/Manila', '1844-12-31T15:56:08Z'],
  ['America/Juneau', '1867-10-18T23:57:41Z'],
  ['Asia/Kathmandu', '1985-12-31T18:30:00Z'],
];

describe('the clock of a time zone', () => {
  it('has the days and months of the calendar around every odd change', () => {
    for (const [zone, around] of odd)
      for (let hours = -72; hours <= 72; hours += 0.25) {
        const at = Date.parse(around) + hours * 3_600_000;
        for (const unit of units) {
          const where = `${zone} ${unit} ${new Date(at).toISOString()}`;
          expect([where, localStart(clockOf(zone), unit, at)]).toEqual([where, calendarStart(at, unit, zone)]);
        }
      }
  });

  it('has the begins, and the begins after them, that Intl tells, at any time', () => {
    const anywhere = fc.constantFrom(...zones).chain((zone) => fc.tuple(fc.constant(zone), instantIn(zone)));
    fc.assert(
      fc.property(anywhere, fc.constantFrom(...units), ([zone, at], unit) => {
        const clock = clockOf(zone);
        expect([localStart(clock, unit, at), nextLocalStart(clock, unit, at)]).toEqual(
          expectedBorders(at, at + 1, unit, zone),
        );
      }),
      runs(1_000),
    );
  });

  it('is found by its name, unless that is of other time zone data', () => {
    const { name } = clockOf('Europe/Berlin');
    expect(clockNamed(name)).toBe(clockOf('Europe/Berlin'));
    expect([clockNamed('Europe/Berlin 1999z'), clockNamed(null)]).toEqual([undefined, undefined]);
  });

  it('differs from UTC where days begin at other instants', () => {
    expect(['Asia/Kolkata', 'UTC', 'Etc/UTC'].map((zone) => differsFromUtc(clockOf(zone)))).toEqual([
      true,
      false,
      false,
    ]);
  });
});
