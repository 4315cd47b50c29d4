import type { Pool, PoolClient } from 'pg';

// The gateway connects as whoever DATABASE_URL names, who may own the tables, and asks as one of two roles that own
// nothing and that row level security holds for.

/** Sees every tenant: superusers, and what the gateway does by itself. The role of every connection that serves. */
export const platformRole = 'usage_gateway_platform';

/** Sees the rows of the tenant that `tenantSetting` names, and none without; see session.ts. */
export const tenantRole = 'usage_gateway_tenant';

export const tenantSetting = 'app.tenant';

/** Whom the connections of a pool ask as: a role, or "none" for who connected. */
export interface ConnectionRole {
  name: string;
}

/** Compiling a statement takes longer than any of them runs: fifty windows took 70 s with it, and 0.4 s without. */
const settings = 'set jit = off';

/**
 * Has a pool give out connections only once they ask as the role. The server is asked for those that do not yet; one
 * that may not take the role is closed and never given out.
 */
export function takeRole(pool: Pool, role: ConnectionRole): void {
  const taken = new WeakMap<PoolClient, string>();
  const connect: () => Promise<PoolClient> = pool.connect.bind(pool);
  Object.assign(pool, {
    async connect(): Promise<PoolClient> {
      const client = await connect();
      const { name } = role;
      if ((taken.get(client) ?? 'none') === name) return client;
      try {
        await client.query(`set role ${name}; ${settings}`);
      } catch (error) {
        client.release(true);
        throw error;
      }
      taken.set(client, name);
      return client;
    },
  });
}
