import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Erased, Person, PersonErasure } from '../audit/person-erasure.ts';
import { inSession } from '../database/session.ts';

/**
 * Takes the person out of what channels were told, or are still to be told, and out of the names of channels: a budget's value
 * that was the person's becomes null, and a name the pseudonym. What was sent is with whoever got it.
 */
async function rewrite(em: SqlEntityManager, person: Person, { tagValues }: Erased): Promise<void> {
  const { tenantId, userId, names, pseudonym } = person;
  const gone = [userId, ...[...tagValues.values()].flatMap((values) => [...values])];
  const called = sql`${names}::text[], ${pseudonym}`;
  await sql`
    update notification_delivery told
    set data = without_names(
      case when data ->> 'value' = any(${gone}::text[]) then jsonb_set(data, '{value}', 'null') else data end, '', ${called})
    where tenant_id = ${tenantId}
      and (data ->> 'value' = any(${gone}::text[]) or data <> without_names(data, '', ${called}))`.execute(
    inSession(em),
  );
  await sql`
    update notification_channel set name = without_names(name, ${called})
    where tenant_id = ${tenantId} and name <> without_names(name, ${called})`.execute(inSession(em));
}

/** Once more when no call is recorded, as a threshold may have been told meanwhile. */
export const outboxErasure: PersonErasure = { erase: rewrite, settle: rewrite };
