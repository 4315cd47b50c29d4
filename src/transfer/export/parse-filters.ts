import type { CallStatus } from '../../recording/call.entity.ts';
import { filterColumns, filterFields, type FilterField, type UsageFilters } from '../../reporting/question.ts';

type TextFilters = { [Field in Exclude<FilterField, 'status'>]?: string[] };

const isFilterField = (name: string): name is FilterField => Object.hasOwn(filterColumns, name);
const isStatus = (text: string): text is CallStatus => text === 'SUCCESS' || text === 'FAILED';

/** Reads `field=value` pairs, those of one field being ORed, and adds what is wrong with any of them to `problems`. */
export function parseFilters(pairs: readonly string[], problems: string[]): UsageFilters {
  const filters: TextFilters & { status?: CallStatus[] } = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const field = pair.slice(0, equals).trim();
    const value = pair.slice(equals + 1);
    if (equals === -1 || value === '') problems.push(`--filter: '${pair}' is not of the form field=value`);
    else if (!isFilterField(field))
      problems.push(`--filter: there is no filter '${field}', only ${filterFields.join(', ')}`);
    else if (field !== 'status') (filters[field] ??= []).push(value);
    else if (isStatus(value)) (filters.status ??= []).push(value);
    else problems.push("--filter: 'status' must be SUCCESS or FAILED");
  }
  return filters;
}
