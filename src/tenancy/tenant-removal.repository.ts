import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { inSession } from '../database/session.ts';

/**
 * Tables of every room whose rows are deleted with a tenant. The order matters: a running fold holds a lock on the mark,
 * so whatever it still writes to the summaries is there when they are deleted. Audit rows stay, and there are no calls.
 */
const tables = [
  'rollup_mark',
  'tenant_summary',
  'detail_summary',
  'agent_summary',
  'model_summary',
  'model_price',
  'impersonation',
  'invitation',
  'api_key',
  'agent',
];

/**
 * Makes gateways drop their cached prices, since a tenant created again under the same id has none of them. Comes first,
 * as it does when a price is set, so that locks are taken in one order.
 */
export async function advancePriceRevision(em: SqlEntityManager): Promise<void> {
  await sql`update model_price_revision set revision = revision + 1`.execute(inSession(em));
}

/** Deletes everything of a tenant but its own row, which is locked `for update`. Its users lose their membership. */
export async function deleteTenantData(em: SqlEntityManager, id: TenantId): Promise<void> {
  for (const table of tables) await sql`delete from ${sql.raw(table)} where tenant_id = ${id}`.execute(inSession(em));
  await sql`update portal_user set tenant_id = null, role = null where tenant_id = ${id}`.execute(inSession(em));
}

export async function hasCalls(em: SqlEntityManager, id: TenantId): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (select from usage_call where tenant_id = ${id}) as found`.execute(inSession(em));
  return rows[0]?.found === true;
}

/**
 * Waits until no call is being recorded and blocks new ones until the transaction ends. At most two seconds, since calls
 * of all tenants wait.
 */
export async function holdUpRecording(em: SqlEntityManager): Promise<void> {
  await sql`set local lock_timeout = '2s'`.execute(inSession(em));
  await sql`select hold_up_recording()`.execute(inSession(em));
}

export async function deleteTenantRow(em: SqlEntityManager, id: TenantId): Promise<void> {
  await sql`delete from tenant where tenant_id = ${id}`.execute(inSession(em));
}
