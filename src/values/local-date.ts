import { Temporal } from 'temporal-polyfill';
import { Unreadable } from './unreadable.ts';

/** A date on the calendar, without a time or a zone. */
export type LocalDate = Temporal.PlainDate;

const form = /^(?!0000)\d{4}-\d{2}-\d{2}$/;
const notADate = 'must be a date like "2026-04-01"';

/** Reads a date of the years 1 to 9999 in the form of ISO 8601. */
export function parseLocalDate(text: string): LocalDate | Unreadable {
  if (!form.test(text)) return new Unreadable(notADate);
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' });
  } catch {
    return new Unreadable(notADate);
  }
}
