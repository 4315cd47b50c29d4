import type { RequestContext } from '../caller/request-context.ts';
import { batchLoader } from '../graphql/loader.ts';
import type { Tenant } from '../tenancy/tenant.entity.ts';
import type { TenantId } from '../values/identifier.ts';
import { findCalendars } from './calendar.repository.ts';
import type { StatementCalendar, StatementMonth } from './statement-month.ts';
import {
  findLines,
  findOpenAdjustments,
  findStatementAdjustments,
  type Adjustment,
  type StatementKey,
  type StoredLine,
} from './statement.repository.ts';

/** What tells months apart, of all tenants of a request in the same statements. */
export const calendarLoader = ({ em }: RequestContext) =>
  batchLoader<Tenant, StatementCalendar>(
    (tenants) => findCalendars(em, tenants),
    ({ id }) => id,
  );

/** Lines of closed statements, with the columns that are asked for anywhere in the request. */
export const lineLoader = ({ em }: RequestContext) =>
  batchLoader<StatementKey & { columns: readonly string[] }, StoredLine[]>(
    (keys) =>
      findLines(
        em,
        keys,
        keys.flatMap(({ columns }) => columns),
      ),
    (key) => JSON.stringify(key),
  );

/** Adjustments in the statements of months, closed and open. */
export const adjustmentLoader = ({ em }: RequestContext) =>
  batchLoader<{ tenantId: TenantId; month: StatementMonth }, Adjustment[]>(
    async (keys) => {
      const closed = keys.filter(({ month }) => month.closedAt);
      const open = keys.filter(({ month }) => !month.closedAt);
      const ofClosed = await findStatementAdjustments(
        em,
        closed.map(({ tenantId, month: { month } }) => ({ tenantId, month })),
      );
      const ofOpen = await findOpenAdjustments(
        em,
        open.map(({ tenantId, month: { adjustedFrom, to } }) => ({ tenantId, from: adjustedFrom, to })),
      );
      return keys.map((key) => ofClosed[closed.indexOf(key)] ?? ofOpen[open.indexOf(key)] ?? []);
    },
    ({ tenantId, month: { month } }) => JSON.stringify([tenantId, month]),
  );
