import { Unreadable } from './unreadable.ts';

const dateTime = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})?$/;

// Four-digit years, for which the calendars of JavaScript and PostgreSQL agree.
const earliest = new Date('0001-01-01T00:00:00Z');
const latest = new Date('9999-12-31T23:59:59.999Z');

const daysOf = (year: number, month: number) => new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();

export const notADateTime = 'must be an RFC 3339 date-time with an offset, like 2026-04-01T00:00:00Z';
export const naive = 'must be timezone-aware';

/** Reads RFC 3339 with an explicit offset. Digits beyond the millisecond, the ledger's precision, are cut off. */
export function parseDateTime(text: string): Date | Unreadable {
  const match = dateTime.exec(text);
  if (!match) return new Unreadable(notADateTime);
  const [, year, month, day, hour, minute, second, fraction = '', offset] = match;
  if (!offset) return new Unreadable(naive);
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}`;
  const date = new Date(local + offset.toUpperCase());
  // Date rolls 31 April over to 1 May, and 24:00 over to the next day, instead of refusing them.
  const inMonth = Number(day) <= 28 || Number(day) <= daysOf(Number(year), Number(month));
  if (Number.isNaN(date.getTime()) || hour === '24' || !inMonth) return new Unreadable(notADateTime);
  return date >= earliest && date <= latest ? date : new Unreadable(notADateTime);
}
