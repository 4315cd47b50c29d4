import type { Pool, PoolClient } from 'pg';

// The gateway connects as the user in DATABASE_URL, who may own the tables, and works as one of two roles that own nothing
// and are subject to row level security.

/** Sees every tenant, for superusers and for what the gateway does by itself. The role of every serving connection. */
export const platformRole = 'usage_gateway_platform';

/** Sees only the rows of the tenant in `tenantSetting`, and none when that is empty; see session.ts. */
export const tenantRole = 'usage_gateway_tenant';

export const tenantSetting = 'app.tenant';

/** The role of a pool's connections, or "none" for the user that connected. */
export interface ConnectionRole {
  name: string;
}

/** Compiling a statement takes longer than any of them runs: fifty windows took 70 s with it, and 0.4 s without. */
const settings = 'set jit = off';

/**
 * Makes a pool hand out connections only once they have the role. A connection that may not take the role is closed and
 * never handed out.
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
