import { zoned } from '../../values/local-calendar.ts';

/** What the clock of a time zone shows at an instant, to the second: "2026-04-01T00:00:00". */
export const localTime = (at: Date, timezone: string): string =>
  zoned(at.getTime(), timezone).toPlainDateTime().toString({ smallestUnit: 'second' });
