import { parseDateTime } from '../../values/date-time.ts';
import { Unreadable } from '../../values/unreadable.ts';

const dayMs = 86_400_000;

/** Days of UTC, from one on and to before another. */
export interface Days {
  /** Undefined for the day of the first call. */
  from: Date | undefined;
  to: Date;
}

export interface DayOptions {
  from?: string | undefined;
  to?: string | undefined;
}

/** Reads days, today's included where no end is given. Adds whatever is wrong to `problems`. */
export function readDays({ from, to }: DayOptions, now: Date, problems: string[]): Days | undefined {
  const known = problems.length;
  const first = from === undefined ? undefined : readDay('--from', from, problems);
  const end =
    to === undefined ? new Date(Math.floor(now.getTime() / dayMs + 1) * dayMs) : readDay('--to', to, problems);
  if (problems.length > known || !end) return undefined;
  if (first && first >= end) problems.push('--to: must be after --from');
  return problems.length > known ? undefined : { from: first, to: end };
}

/** The begin of a day in UTC: 2026-04-01, or 2026-04-01T00:00:00Z. */
function readDay(option: string, text: string, problems: string[]): Date | undefined {
  const instant = parseDateTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (!(instant instanceof Unreadable) && instant.getTime() % dayMs === 0) return instant;
  problems.push(`${option}: must be the begin of a day in UTC, like 2026-04-01`);
  return undefined;
}
