import { naive, notADateTime, parseDateTime } from '../../values/date-time.ts';
import { ValidationError } from '../../values/errors.ts';
import { Unreadable } from '../../values/unreadable.ts';
import { ImportError } from './import-error.ts';
import { localClock } from './local-clock.ts';

const endsInOffset = /([Zz]|[+-]\d{2}:\d{2})$/;
const blankForT = /^(\d{4}-\d{2}-\d{2}) /;

/**
 * Returns a reader of RFC 3339 times, which may have a space instead of the T. Times without an offset are local times of
 * `timezone`, the earlier of two in a repeated hour; without a time zone they are refused. Digits beyond the millisecond
 * are cut off. The reader throws a ValidationError that names the field.
 * @throws {ImportError} when there is no such time zone.
 */
export function timeReader(timezone: string | undefined): (text: string, field: string) => Date {
  const local = timezone === undefined ? undefined : clockOf(timezone);
  return (given, field) => {
    const text = given.replace(blankForT, '$1T');
    if (endsInOffset.test(text)) return valid(parseDateTime(text), field);
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
