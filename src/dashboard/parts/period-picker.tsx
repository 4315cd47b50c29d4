import type { Bucket, Period } from '../gql/graphql.ts';
import { changeParams } from '../routing.ts';

/** Each period with its name, and the buckets that suit its length. */
export const periods: Record<Period, { name: string; bucket: Bucket }> = {
  TODAY: { name: 'Today', bucket: 'HOUR' },
  YESTERDAY: { name: 'Yesterday', bucket: 'HOUR' },
  LAST_24_HOURS: { name: 'Last 24 hours', bucket: 'HOUR' },
  THIS_WEEK: { name: 'This week', bucket: 'DAY' },
  LAST_WEEK: { name: 'Last week', bucket: 'DAY' },
  LAST_7_DAYS: { name: 'Last 7 days', bucket: 'DAY' },
  THIS_MONTH: { name: 'This month', bucket: 'DAY' },
  LAST_MONTH: { name: 'Last month', bucket: 'DAY' },
  LAST_30_DAYS: { name: 'Last 30 days', bucket: 'DAY' },
  LAST_90_DAYS: { name: 'Last 90 days', bucket: 'DAY' },
  THIS_YEAR: { name: 'This year', bucket: 'WEEK' },
};

const isPeriod = (name: string): name is Period => Object.hasOwn(periods, name);

/** The period in the address; the last 30 days where there is none. */
export function periodOf(params: URLSearchParams): Period {
  const name = params.get('period') ?? '';
  return isPeriod(name) ? name : 'LAST_30_DAYS';
}

export const PeriodPicker = ({ period }: { period: Period }) => (
  <label>
    Period
    <select value={period} onChange={({ currentTarget }) => changeParams({ period: currentTarget.value })}>
      {Object.entries(periods).map(([value, { name }]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </select>
  </label>
);
