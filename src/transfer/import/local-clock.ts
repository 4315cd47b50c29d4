import { Temporal } from 'temporal-polyfill';

const dayMs = 86_400_000;

/** A span without a change of the clock: its instants, and by how much the clock is ahead of UTC in it. */
interface Span {
  start: number;
  end: number;
  offsetMs: number;
}

/**
 * A function from a local reading, given as if it were in UTC, to the instant, both in milliseconds since 1970. Of two
 * instants with the same reading it is the earlier; a skipped reading counts on from before the gap.
 *
 * Temporal takes 12 µs for one time, more than reading the rest of its record, so times well inside the span of the
 * last one are a subtraction.
 * @throws {RangeError} when there is no such time zone.
 */
export function localClock(timezone: string): (readingMs: number) => number {
  let span = spanAt(Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timezone));
  return (readingMs) => {
    // Clocks change by less than a day, so the readings of another span begin later than that.
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
    // Looked up from the next millisecond, since "previous" leaves out a change at the very instant.
    start: at.add({ milliseconds: 1 }).getTimeZoneTransition('previous')?.epochMilliseconds ?? -Infinity,
    end: at.getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity,
    offsetMs: at.offsetNanoseconds / 1_000_000,
  };
}
