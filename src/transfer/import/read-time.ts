import { naive, notADateTime, parseDateTime } from '../../values/date-time.ts';
import { ValidationError } from '../../values/errors.ts';
import { Unreadable } from '../../values/unreadable.ts';
import { ImportError } from './import-error.ts';
import { localClock } from './local-clock.ts';

const blankForT = /^(\d{4}-\d{2}-\d{2}) (?=\d)/;
/** Offsets as PostgreSQL and others write them: +00, +0530, +05:30, Z, UTC. */
const offset = /^(.*:\d{2}(?:\.\d+)?) ?(?:(Z|UTC|GMT)|([+-]\d{2})(?::?(\d{2}))?)$/i;
/** Seconds since 1970, or the same in milliseconds, microseconds or nanoseconds, of which there are more digits. */
const epoch = /^(\d{9,11}|\d{12,19})(?:\.(\d+))?$/;

/**
 * Returns a reader of times: RFC 3339, which may have a space instead of the T and a shorter offset, and numbers of seconds
 * or milliseconds since 1970. Times without an offset are local times of `timezone`, the earlier of two in a repeated hour;
 * without a time zone they are refused. Digits beyond the millisecond are cut off. The reader throws a ValidationError that
 * names the field.
 * @throws {ImportError} when there is no such time zone.
 */
export function timeReader(timezone: string | undefined): (text: string, field: string) => Date {
  const local = timezone === undefined ? undefined : clockOf(timezone);
  return (given, field) => {
    const text = given.replace(blankForT, '$1T');
    if (/\dZ$/.test(text)) return valid(parseDateTime(text), field);
    if (epoch.test(text)) return new Date(epochMs(text));
    const ending = offset.exec(text);
    if (ending) {
      const [, time, utc, hours, minutes = '00'] = ending;
      return valid(parseDateTime(`${time}${utc ? 'Z' : `${hours}:${minutes}`}`), field);
    }
    // Read as if in UTC first, which checks the date and cuts off the digits.
    const reading = valid(parseDateTime(`${text}Z`), field);
    if (!local)
      throw new ValidationError(
        `'${field}' ${naive}; --timezone gives the time zone of times without an offset`,
        field,
      );
    const instant = new Date(local(reading.getTime()));
    // Close to the first and last year, the offset may lead outside them.
    const year = instant.getUTCFullYear();
    return valid(year >= 1 && year <= 9999 ? instant : new Unreadable(notADateTime), field);
  };
}

/** By its digits, so that nothing is rounded: those of the seconds, and three more. */
function epochMs(given: string): number {
  const [whole = '', fraction = ''] = given.split('.');
  if (whole.length <= 11) return Number(whole + fraction.slice(0, 3).padEnd(3, '0'));
  if (whole.length <= 14) return Number(whole);
  return Number(whole.slice(0, whole.length <= 17 ? -3 : -6));
}

function valid(instant: Date | Unreadable, field: string): Date {
  if (instant instanceof Unreadable) throw new ValidationError(`'${field}' ${instant.problem}`, field);
  return instant;
}

function clockOf(timezone: string): (readingMs: number) => number {
  try {
    return localClock(timezone);
  } catch (error) {
    const problem = `--timezone: there is no time zone '${timezone}'; give an IANA name like Europe/Berlin`;
    throw new ImportError([problem], { cause: error });
  }
}
