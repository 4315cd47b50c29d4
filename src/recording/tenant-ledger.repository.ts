import { sql } from 'kysely';
import { inSession } from '../database/session.ts';
import type { TenantLedger } from '../tenancy/tenant-removal.repository.ts';

/**
 * The ledger as needed to delete a tenant. The deletion waits at most two seconds to stop recording, since the calls of
 * all tenants wait meanwhile.
 */
export const tenantLedger: TenantLedger = {
  async hasCalls(em, id) {
    const { rows } = await sql<{ found: boolean }>`
      select exists (select from usage_call where tenant_id = ${id}) as found`.execute(inSession(em));
    return rows[0]?.found === true;
  },
  async holdUp(em) {
    await sql`set local lock_timeout = '2s'`.execute(inSession(em));
    await sql`select hold_up_recording()`.execute(inSession(em));
  },
};
