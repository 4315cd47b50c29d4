import { Temporal } from 'temporal-polyfill';

/** An instant on the clock of a time zone. */
export const zoned = (at: number, timezone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);

/** First instant of a local date in milliseconds: midnight, or when the clock goes on where it skips midnight. */
export const startOfDay = (date: Temporal.PlainDate, timezone: string): number =>
  date.toZonedDateTime(timezone).epochMilliseconds;

/** What the clock of a time zone shows at an instant, to the second: "2026-04-01T00:00:00". */
export const localTime = (at: Date, timezone: string): string =>
  zoned(at.getTime(), timezone).toPlainDateTime().toString({ smallestUnit: 'second' });
