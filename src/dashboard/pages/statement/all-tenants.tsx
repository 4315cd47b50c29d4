import { useQuery } from '../../api/use-query.ts';
import { MonthOfAllDocument } from '../../gql/graphql.ts';
import { Loaded } from '../../parts/notices.tsx';
import { groupByOf } from '../explore/dimensions.ts';
import { firstDateAfter, firstDateOf, formatMonth, type Month } from './months.ts';
import { Grouped } from './stated.tsx';

/** A month of all tenants, by the report. */
export function AllTenants({ month, by }: { month: Month; by: string }) {
  const report = useQuery(MonthOfAllDocument, {
    fromDate: firstDateOf(month),
    toDate: firstDateAfter(month),
    by: [by === 'TENANT' ? { dimension: by } : (groupByOf(by) ?? { dimension: 'MODEL' })],
  });
  return (
    <>
      <h2>All tenants, {formatMonth(month)}</h2>
      <p class="quiet">
        The month by UTC for every tenant, as the report has it now. Statements are closed tenant by tenant, each on its
        own clock.
      </p>
      <Loaded of={report}>
        {({ allUsage }) => <Grouped by={by} month={month} groups={allUsage.groups} totals={allUsage.total} />}
      </Loaded>
    </>
  );
}
