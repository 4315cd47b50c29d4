import { sql } from 'kysely';
import { inSession } from '../database/session.ts';
import { removalOf, type TenantRemoval } from '../tenancy/tenant-removal.repository.ts';

const rows = removalOf('impersonation', 'invitation', 'api_key');

/** Users stay, and lose their membership. */
export const accessRemoval: TenantRemoval = {
  tables: [...rows.tables, 'portal_user'],
  async remove(em, id) {
    await rows.remove(em, id);
    await sql`update portal_user set tenant_id = null, role = null where tenant_id = ${id}`.execute(inSession(em));
  },
};
