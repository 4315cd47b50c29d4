/** How many months can be chosen, the running one among them. */
const choices = 36;

/** A month as the address has it: "2026-04". */
export type Month = string;

/** The month that it is in a time zone. */
export const monthNow = (timeZone: string): Month =>
  new Date().toLocaleDateString('en-CA', { timeZone }).slice(0, '2026-04'.length);

const dateOf = (month: Month) => new Date(`${month}-01T00:00:00Z`);

/** The month that comes so many months later, or earlier. */
function monthAfter(month: Month, months: number): Month {
  const date = dateOf(month);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().slice(0, '2026-04'.length);
}

/** The first date of a month, as the gateway takes it. */
export const firstDateOf = (month: Month): string => `${month}-01`;
export const firstDateAfter = (month: Month): string => firstDateOf(monthAfter(month, 1));

const form = /^[1-9]\d{3}-(0[1-9]|1[0-2])$/;

/** The month that the address names, or the running one. */
export function monthOf(params: URLSearchParams, running: Month): Month {
  const month = params.get('month') ?? '';
  return form.test(month) ? month : running;
}

const locale = [...navigator.languages];
const monthFormat = new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'long', timeZone: 'UTC' });

/** "April 2026" */
export const formatMonth = (month: Month): string => monthFormat.format(dateOf(month));

/** Months that can be chosen, the latest first, and the one that is. */
export function monthOptions(running: Month, chosen: Month): Record<Month, string> {
  const months = Array.from({ length: choices }, (_, no) => monthAfter(running, -no));
  const all = months.includes(chosen) ? months : [chosen, ...months].toSorted().toReversed();
  return Object.fromEntries(all.map((month) => [month, formatMonth(month)]));
}
