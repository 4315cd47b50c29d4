import { sql } from 'kysely';
import { inSession } from '../database/session.ts';
import type { TenantLedger } from '../tenancy/tenant-removal.repository.ts';

/** The ledger as needed to delete a tenant. */
export const tenantLedger: TenantLedger = {
  async hasCalls(em, id) {
    const { rows } = await sql<{ found: boolean }>`
      select exists (select from usage_call where tenant_id = ${id})
        or exists (select from rollup_mark where tenant_id = ${id} and complete_from is not null) as found`.execute(
      inSession(em),
    );
    return rows[0]?.found === true;
  },
};
