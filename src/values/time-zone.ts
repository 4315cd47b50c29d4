import { Unreadable } from './unreadable.ts';

/** Reads the IANA name of a time zone. */
export function parseTimeZone(text: string): string | Unreadable {
  try {
    Intl.DateTimeFormat(undefined, { timeZone: text });
    return text;
  } catch {
    return new Unreadable('must be an IANA time zone, like "Europe/Berlin"');
  }
}
