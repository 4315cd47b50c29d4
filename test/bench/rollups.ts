import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';

const pollMs = 250;
const longestFoldMs = 3_600_000;

const notFolded = 'select exists (select from unfolded) as some';

/**
 * Seconds until every call stands in the summaries.
 * @throws when that takes more than an hour.
 */
export async function waitForFold(client: Client): Promise<number> {
  const began = performance.now();
  while (performance.now() - began < longestFoldMs) {
    const { rows } = await client.query(notFolded);
    if (!rows[0].some) return (performance.now() - began) / 1000;
    await sleep(pollMs);
  }
  throw new Error('The calls were not folded within an hour.');
}

/** Rows and MiB, with indexes, of the ledger and of each table that the fold fills. */
export async function tableSizes(client: Client): Promise<{ table: string; rows: number; MiB: number }[]> {
  const sizes: { table: string; rows: number; MiB: number }[] = [];
  for (const table of [
    'usage_call',
    'tenant_summary',
    'detail_summary',
    'agent_summary',
    'model_summary',
    'rollup_mark',
    'unfolded',
  ]) {
    const { rows: found } = await client.query(`select pg_total_relation_size($1) as bytes`, [table]);
    const { rows: counted } = await client.query(`select count(*) as rows from ${table}`);
    sizes.push({ table, rows: Number(counted[0].rows), MiB: Number(found[0].bytes) / 2 ** 20 });
  }
  return sizes;
}
