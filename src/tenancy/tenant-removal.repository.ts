import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { inSession } from '../database/session.ts';

/** What a room does when a tenant is deleted. */
export interface TenantRemoval {
  /** Tables in which no row names the tenant afterwards. */
  readonly tables: readonly string[];
  /**
   * Locks what the room's own acts lock before they refer to a tenant. It comes before the tenant's row is locked, or
   * the two could wait for each other.
   */
  begin?(em: SqlEntityManager): Promise<void>;
  /** Takes the tenant, whose row is locked by "update", out of the tables. */
  remove(em: SqlEntityManager, id: TenantId): Promise<void>;
}

/** What deleting a tenant needs of the ledger, whose calls keep a tenant from being deleted. */
export interface TenantLedger {
  hasCalls(em: SqlEntityManager, id: TenantId): Promise<boolean>;
}

/** What every room does when a tenant is deleted. */
export interface TenantDeletion {
  /** In the order in which they remove what is theirs. */
  readonly rooms: readonly TenantRemoval[];
  readonly ledger: TenantLedger;
}

declare module '../caller/request-context.ts' {
  interface RequestServices {
    readonly tenantDeletion: TenantDeletion;
  }
}

/** Deletes all rows that name a tenant, table by table in the order given. */
export const removalOf = (...tables: readonly string[]): TenantRemoval => ({
  tables,
  async remove(em, id) {
    for (const table of tables)
      await sql`delete from ${sql.table(table)} where tenant_id = ${id}`.execute(inSession(em));
  },
});

export const tenancyRemoval = removalOf('agent');

/**
 * Waits for the calls of a tenant that are being recorded and for its fold, and lets no other of either begin until the
 * transaction ends. From here on nothing of the transaction waits or does nothing for more than two seconds, so that whoever
 * waits for it, even if its gateway has died, does not wait for long.
 */
export async function holdUpTenant(em: SqlEntityManager, id: TenantId): Promise<void> {
  await sql`set local lock_timeout = '2s'`.execute(inSession(em));
  await sql`set local idle_in_transaction_session_timeout = '2s'`.execute(inSession(em));
  await sql`select from rollup_mark where tenant_id = ${id} for update`.execute(inSession(em));
}

/** Deletes the row of a tenant to which nothing refers any more. */
export async function deleteTenantRow(em: SqlEntityManager, id: TenantId): Promise<void> {
  await sql`delete from tenant where tenant_id = ${id}`.execute(inSession(em));
}
