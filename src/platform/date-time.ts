import { Unreadable } from './unreadable.ts';

const dateTime = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})?$/;

// Four-digit years, in which JavaScript's calendar and PostgreSQL's agree.
const earliest = new Date('0001-01-01T00:00:00Z');
const latest = new Date('9999-12-31T23:59:59.999Z');

export const notADateTime = 'must be an RFC 3339 date-time with an offset, like 2026-04-01T00:00:00Z';
export const naive = 'must be timezone-aware';

/** Reads RFC 3339 with an explicit offset. Digits beyond the millisecond are cut off: that is how fine the ledger is. */
export function parseDateTime(text: string): Date | Unreadable {
  const match = dateTime.exec(text);
  if (!match) return new Unreadable(notADateTime);
  const [, year, month, day, hour, minute, second, fraction = '', offset] = match;
  if (!offset) return new Unreadable(naive);
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}`;
  const asUtc = new Date(`${local}Z`);
  // Date rolls 31 April over to 1 May instead of refusing it.
  if (Number.isNaN(asUtc.getTime()) || asUtc.toISOString() !== `${local}Z`) return new Unreadable(notADateTime);
  const date = new Date(local + offset.toUpperCase());
  return date >= earliest && date <= latest ? date : new Unreadable(notADateTime);
}
