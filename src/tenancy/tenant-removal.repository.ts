import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { inSession } from '../database/session.ts';

/**
 * What goes with a tenant, from every room, and in this order: a fold that is running has locked the mark, and what it
 * still writes to the summaries is there when they are deleted. Rows of audit stay, and there are no calls.
 */
const tables = [
  'rollup_mark',
  'unfolded',
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
 * Makes gateways forget the prices that they remember: a tenant that is created again under the id has none of them. To
 * be done first, as it is by whoever sets a price.
 */
export async function advancePriceRevision(em: SqlEntityManager): Promise<void> {
  await sql`update model_price_revision set revision = revision + 1`.execute(inSession(em));
}

/** Deletes what belongs to a tenant that is locked by "update", but for its own row. Its users lose their membership. */
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
 * Waits for all calls that are being recorded, and lets no other be until the transaction ends; at most two seconds, as
 * all tenants' calls wait meanwhile.
 */
export async function holdUpRecording(em: SqlEntityManager): Promise<void> {
  await sql`set local lock_timeout = '2s'`.execute(inSession(em));
  await sql`select hold_up_recording()`.execute(inSession(em));
}

export async function deleteTenantRow(em: SqlEntityManager, id: TenantId): Promise<void> {
  await sql`delete from tenant where tenant_id = ${id}`.execute(inSession(em));
}
