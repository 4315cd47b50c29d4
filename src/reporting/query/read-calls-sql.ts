import { sql } from 'kysely';
import type { Fragment } from '../../rollup/summary-sql.ts';
import type { TenantId } from '../../values/identifier.ts';
import type { ReportPlan, Section } from './plan-report.ts';
import { allTenants } from './report-query.ts';

/** A range of time whose calls a report reads one by one, so many times; of one tenant, or of all. */
export interface ReadRange {
  tenantId: TenantId | null;
  from: Date;
  to: Date;
  times: number;
}

const dayMs = 86_400_000;

/** The ranges that a plan reads from the ledger. What is shorter than a day is left out: it is little, and frequent. */
export function readRanges({ sections }: ReportPlan): ReadRange[] {
  const ranges = new Map<string, ReadRange>();
  for (const section of sections)
    for (const { query, coverage } of section.queries) {
      const tenantId = query.tenantId === allTenants ? null : query.tenantId;
      for (const { from, to } of longCallSegments(section, coverage)) {
        const key = `${tenantId ?? ''} ${from.getTime()} ${to.getTime()}`;
        const range = ranges.get(key) ?? { tenantId, from, to, times: 0 };
        range.times++;
        ranges.set(key, range);
      }
    }
  return [...ranges.values()];
}

const longCallSegments = ({ coverages }: Section, coverage: number) =>
  coverages[coverage]?.segments.filter(
    ({ grain, from, to }) => grain === 'CALL' && to.getTime() - from.getTime() > dayMs,
  ) ?? [];

const days = (tenant: string) => sql`
  cross join lateral (
    select calls from tenant_summary
    where tenant_summary.tenant_id = ${sql.raw(tenant)} and grain = 'DAY'
      and starts_at >= range.from_at and starts_at < range.to_at
    offset 0
  ) summary`;

const rangeRelation = (ranges: readonly ReadRange[]) => sql`
  json_to_recordset(${JSON.stringify(
    ranges.map(({ tenantId, from, to, times }) => ({ tenant_id: tenantId, from_at: from, to_at: to, times })),
  )}::json) as range (tenant_id text, from_at timestamptz, to_at timestamptz, times int)`;

const readTimes = sql`coalesce(sum(summary.calls * range.times), 0) as calls`;

/** How many calls there are to read in ranges, as many times as they are, by the summaries of days; in one row or two. */
export function readCallsSql(ranges: readonly ReadRange[]): Fragment {
  const ofTenants = ranges.filter(({ tenantId }) => tenantId !== null);
  const ofAll = ranges.filter(({ tenantId }) => tenantId === null);
  return sql.join(
    [
      ...(ofTenants.length > 0
        ? [sql`select ${readTimes} from ${rangeRelation(ofTenants)} ${days('range.tenant_id')}`]
        : []),
      ...(ofAll.length > 0
        ? [sql`select ${readTimes} from rollup_mark mark cross join ${rangeRelation(ofAll)} ${days('mark.tenant_id')}`]
        : []),
    ],
    sql` union all `,
  );
}
