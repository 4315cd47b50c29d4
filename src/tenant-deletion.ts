import { accessRemoval } from './access/tenant-removal.repository.ts';
import { ingestRemoval } from './ingest/tenant-removal.ts';
import { notificationsRemoval } from './notifications/tenant-removal.ts';
import { pricingRemoval } from './pricing/tenant-removal.ts';
import { limitsRemoval } from './limits/tenant-removal.ts';
import { recordingRemoval } from './recording/tenant-removal.ts';
import { tenantLedger } from './recording/tenant-ledger.repository.ts';
import { repricingRemoval } from './repricing/tenant-removal.ts';
import { rollupRemoval } from './rollup/tenant-removal.ts';
import { statedCalls } from './statements/calendar.repository.ts';
import { statementsRemoval } from './statements/tenant-removal.ts';
import { tenancyRemoval, type TenantDeletion } from './tenancy/tenant-removal.repository.ts';

/**
 * What goes with a tenant, room by room. Rollup comes first, as it waits for a fold that is running. Audit rows stay,
 * and a tenant with calls, or with statements of them, is not deleted.
 */
export const tenantDeletion: TenantDeletion = {
  rooms: [
    rollupRemoval,
    notificationsRemoval,
    statementsRemoval,
    repricingRemoval,
    recordingRemoval,
    limitsRemoval,
    ingestRemoval,
    pricingRemoval,
    accessRemoval,
    tenancyRemoval,
  ],
  ledger: {
    hasCalls: async (em, id) => (await tenantLedger.hasCalls(em, id)) || statedCalls.hasCalls(em, id),
  },
};
