import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import { tellingSql, type News } from './telling-sql.ts';

/**
 * Tells the channels of a tenant of something, in the transaction in which it happens. With `since` only channels are told
 * that were there by then.
 */
export async function tell(
  em: SqlEntityManager,
  { tenantId, event, key, data }: News,
  at: Date,
  since?: Date,
): Promise<void> {
  await sql`
    with news as (
      select ${tenantId}::text as tenant_id, ${event}::text as event, ${key}::text as key,
        ${at.toISOString()}::timestamptz as at, 1 as place, ${JSON.stringify(data)}::jsonb as data
    ) ${tellingSql('news', since)}`.execute(inSession(em));
}
