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
  /** Waits for all calls that are being recorded, and lets no other be until the transaction ends. */
  holdUp(em: SqlEntityManager): Promise<void>;
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

/** Deletes the row of a tenant to which nothing refers any more. */
export async function deleteTenantRow(em: SqlEntityManager, id: TenantId): Promise<void> {
  await sql`delete from tenant where tenant_id = ${id}`.execute(inSession(em));
}
