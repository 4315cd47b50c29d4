const quarterMs = 900_000;
const dayMs = 86_400_000;

/** An hour as a wall clock shows it, found by looking at the clock every quarter of an hour. */
export interface LocalHour {
  start: number;
  end: number;
  /** Days since 1970 on the local calendar. */
  day: number;
  hour: number;
}

/** The hours of a time zone between two instants, where its clock changes at quarters alone. */
export function localHours(timezone: string, from: number, to: number): LocalHour[] {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const hours: LocalHour[] = [];
  let lastReading = -Infinity;
  for (let at = from - (from % quarterMs); at < to; at += quarterMs) {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
    const day = Date.UTC(part('year'), part('month') - 1, part('day')) / dayMs;
    const hour = part('hour');
    const reading = (day * 24 + hour) * 3_600_000 + part('minute') * 60_000;
    const last = hours.at(-1);
    // A clock that goes on by a quarter in a quarter did not change.
    if (last?.day === day && last.hour === hour && reading - lastReading === quarterMs) last.end = at + quarterMs;
    else hours.push({ start: at, end: at + quarterMs, day, hour });
    lastReading = reading;
  }
  return hours;
}

/** The median; of an even number the mean of the middle two. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
