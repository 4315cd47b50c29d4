import { Temporal } from 'temporal-polyfill';

const dayMs = 86_400_000;

/** A span of time without a clock change, and how far the clock is ahead of UTC in it. */
interface Span {
  start: number;
  end: number;
  offsetMs: number;
}

/**
 * Returns a function that converts a local time, given as if it were in UTC, to an instant, both in milliseconds since
 * 1970. A time that occurs twice is the earlier instant; a time that the clock skips is read with the offset from before
 * the gap.
 *
 * Temporal takes 12 µs for one time, more than reading the rest of the record. So a time well inside the same span as the
 * one before is converted by a subtraction.
 * @throws {RangeError} when there is no such time zone.
 */
export function localClock(timezone: string): (readingMs: number) => number {
  let span = spanAt(Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timezone));
  return (readingMs) => {
    // Clocks change by less than a day, so a day away from its ends the span is certain.
    const instantMs = readingMs - span.offsetMs;
    if (instantMs >= span.start + dayMs && instantMs < span.end - dayMs) return instantMs;
    const reading = Temporal.PlainDateTime.from(new Date(readingMs).toISOString().slice(0, -1));
    const zoned = reading.toZonedDateTime(timezone, { disambiguation: 'compatible' });
    if (zoned.epochMilliseconds < span.start || zoned.epochMilliseconds >= span.end) span = spanAt(zoned);
    return zoned.epochMilliseconds;
  };
}

function spanAt(at: Temporal.ZonedDateTime): Span {
  return {
    // Searched from the next millisecond, since "previous" leaves out a change at the instant itself.
    start: at.add({ milliseconds: 1 }).getTimeZoneTransition('previous')?.epochMilliseconds ?? -Infinity,
    end: at.getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity,
    offsetMs: at.offsetNanoseconds / 1_000_000,
  };
}
