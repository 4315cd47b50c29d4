import type { TenantBudgets } from '../tenancy/tenant-budgets.ts';
import { findCalendars, saveZones } from './calendar.repository.ts';
import { zonesWith } from './statement-month.ts';

/** Keeps a tenant's clocks for its statements as well, whose running month ends by the one that it began with. */
export const withStatementZones = (budgets: TenantBudgets): TenantBudgets => ({
  ...budgets,
  async timezoneChanged(em, tenantId, change, now) {
    await budgets.timezoneChanged(em, tenantId, change, now);
    const [calendar] = await findCalendars(em, [{ id: tenantId, timezone: change.before }]);
    if (calendar) await saveZones(em, tenantId, zonesWith(calendar, change.after, now));
  },
});
