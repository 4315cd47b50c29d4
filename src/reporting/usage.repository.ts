import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { aggregationSql } from './aggregation-sql.ts';
import { firstCallSql } from './first-call-sql.ts';
import type { Aggregation, Question } from './question.ts';
import { UsageStats, type SummaryRow } from './usage-stats.ts';
import { inSession } from '../database/session.ts';

/** One group of an aggregation. Totals have no key; models have the provider as `key` and the model as `detail`. */
export interface UsageRow {
  key: string | null;
  detail: string | null;
  /** Index of the bucket, from 0. */
  bucket: number | null;
  stats: UsageStats;
}

/**
 * Answers any number of aggregations in one statement, and so in one snapshot of ledger and summaries: what a request
 * reads always adds up. Rows of breakdowns are in the order asked for; a group without calls has no row.
 */
export async function aggregateUsage(
  em: SqlEntityManager,
  aggregations: readonly Aggregation[],
): Promise<UsageRow[][]> {
  const answers: UsageRow[][] = aggregations.map(() => []);
  if (aggregations.length === 0) return answers;
  type Row = Omit<UsageRow, 'stats'> & { no: number } & SummaryRow;
  const { rows } = await sql<Row>`${aggregationSql(aggregations)}`.execute(inSession(em));
  for (const row of rows)
    answers[row.no]?.push({
      key: row.key,
      detail: row.detail,
      bucket: row.bucket,
      stats: new UsageStats(row, aggregations[row.no]?.columns ?? []),
    });
  return answers;
}

/** When the first call of each question was made, whatever its window says, in one statement; null for none. */
export async function findFirstCalls(em: SqlEntityManager, questions: readonly Question[]): Promise<(Date | null)[]> {
  const first: (Date | null)[] = questions.map(() => null);
  if (questions.length === 0) return first;
  const { rows } = await sql<{ no: number; first_ms: string }>`${firstCallSql(questions)}`.execute(inSession(em));
  for (const row of rows) first[row.no] = new Date(Number(row.first_ms));
  return first;
}
