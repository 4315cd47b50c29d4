import { sql } from 'kysely';
import type { Fragment } from '../../rollup/summary-sql.ts';

/** Length in milliseconds of buckets that are all as long as one another; undefined for others. */
export function commonLengthMs(borders: readonly Date[]): number | undefined {
  const [first, second] = borders;
  if (!first || !second) return undefined;
  const length = second.getTime() - first.getTime();
  return borders.every((border, index) => border.getTime() === first.getTime() + index * length) ? length : undefined;
}

/** SQL for the index of the bucket, from 0, that an instant within the borders is in. */
export function bucketSql(borders: readonly Date[], at: string): Fragment {
  const lengthMs = commonLengthMs(borders);
  const [first] = borders;
  if (first && lengthMs !== undefined)
    return sql`div(extract(epoch from ${sql.raw(at)}) * 1000 - ${first.getTime()}::bigint, ${lengthMs}::bigint)::int`;
  return sql`width_bucket(${sql.raw(at)}, ${borders.map((border) => border.toISOString())}::timestamptz[]) - 1`;
}
