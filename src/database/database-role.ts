import type { Pool, PoolClient } from 'pg';
import type { DatabaseLimits } from '../settings/database-limits.ts';

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
  /** How long statements may take once the role is taken; without it, as long as they need. */
  limits?: DatabaseLimits | undefined;
}

/**
 * What holds for a connection that works as a role. Compiling a statement takes longer than any of them runs: fifty windows
 * took 70 s with it, and 0.4 s without. A statement, a wait for a lock or a transaction that does nothing ends in time,
 * whoever froze or went away meanwhile.
 */
export const roleSettings = (name: string, limits: DatabaseLimits | undefined): Record<string, string> => ({
  role: name,
  jit: 'off',
  ...(limits && {
    statement_timeout: String(limits.statementMs),
    lock_timeout: String(limits.lockMs),
    idle_in_transaction_session_timeout: String(limits.idleInTransactionMs),
  }),
});

/** The server asks whether a silent gateway is still there. */
const keepAlive = { tcp_keepalives_idle: '10', tcp_keepalives_interval: '5', tcp_keepalives_count: '3' };

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
        const settings = { ...roleSettings(name, role.limits), ...(role.limits ? keepAlive : {}) };
        const statements = Object.entries(settings).map(([setting, value]) => `set ${setting} = ${value}`);
        await client.query(statements.join('; '));
      } catch (error) {
        client.release(true);
        throw error;
      }
      taken.set(client, name);
      return client;
    },
  });
}
