import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { selectRows } from '../database/session.ts';
import type { FoldLag } from '../telemetry/metrics.ts';

/**
 * Calls of all tenants that the summaries lack, and how long the oldest has waited, by the time in its batch's id, which
 * is a UUID v7.
 */
export async function readFoldLag(em: SqlEntityManager): Promise<FoldLag> {
  const [row] = await selectRows<{ calls: string; seconds: number }>(
    em,
    `
    select coalesce(sum(calls), 0) as calls,
      coalesce(
        extract(epoch from clock_timestamp())
          - ('x' || substr(replace(min(batch_id::text), '-', ''), 1, 12))::bit(48)::bigint / 1000.0,
        0)::float8 as seconds
    from unfolded`,
  );
  return { calls: Number(row?.calls ?? 0), seconds: Math.max(0, row?.seconds ?? 0) };
}
