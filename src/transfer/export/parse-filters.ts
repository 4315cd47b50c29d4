import type { UsageFilters } from '../../reporting/query/report-query.ts';
import { dimension, dimensions, isDimensionName, type DimensionName } from '../../rollup/dimensions.ts';

/** Reads `field=value` pairs, of which a call must match one per field. Adds whatever is wrong to `problems`. */
export function parseFilters(pairs: readonly string[], problems: string[]): UsageFilters {
  const filters: { [Name in DimensionName]?: string[] } = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const field = pair.slice(0, equals).trim();
    const value = pair.slice(equals + 1);
    if (equals === -1 || value === '') problems.push(`--filter: '${pair}' is not of the form field=value`);
    else if (!isDimensionName(field))
      problems.push(
        `--filter: there is no filter '${field}'; the filters are ${dimensions.map(({ name }) => name).join(', ')} and tag:NAME`,
      );
    else if (dimension(field).values?.includes(value) === false)
      problems.push(`--filter: '${field}' must be one of ${dimension(field).values?.join(', ')}`);
    else (filters[field] ??= []).push(value);
  }
  return filters;
}
