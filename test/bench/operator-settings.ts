import { totalmem } from 'node:os';
import { Client } from 'pg';
import type { KillablePostgres } from '../support/postgres-server.ts';

/** Gives a server that is still empty the memory that an operator gives one with a ledger of millions of calls. */
export async function setLikeAnOperator(server: KillablePostgres): Promise<void> {
  const memoryMiB = totalmem() / 2 ** 20;
  const settings = {
    shared_buffers: `${Math.floor(Math.min(memoryMiB / 4, 4096))}MB`,
    effective_cache_size: `${Math.floor(memoryMiB / 2)}MB`,
    work_mem: '64MB',
    maintenance_work_mem: '512MB',
    max_wal_size: '8GB',
    random_page_cost: '1.1',
  };
  const client = new Client(server.url);
  await client.connect();
  for (const [name, value] of Object.entries(settings)) await client.query(`alter system set ${name} = '${value}'`);
  await client.end();
  // Memory that is shared is taken when the server starts.
  await server.kill();
  await server.start();
}
