import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { actorsOf, type Erased, type PersonErasure } from './person-erasure.ts';

/** Puts the pseudonym in the place of the person in the audit rows of the tenant; nothing else of them changes. */
export const auditErasure: PersonErasure = {
  async erase(em, person, { tagValues }) {
    const { tenantId, pseudonym } = person;
    const names = [...person.names, ...(await writtenValues(em, tenantId, tagValues))];
    await sql`
      select erase_from_audit(${tenantId}, ${actorsOf(person)}::text[], ${names}::text[], ${pseudonym})`.execute(
      inSession(em),
    );
  },
};

/** Those of the values of tags that audit rows have, as in the filters of a repricing or the scope of a budget. */
async function writtenValues(
  em: SqlEntityManager,
  tenantId: TenantId,
  tagValues: Erased['tagValues'],
): Promise<Set<string>> {
  const written = new Set<string>();
  for (const [name, values] of tagValues) {
    const { rows } = await sql<{ details: string }>`
      select details::text as details from audit_event
      where tenant_id = ${tenantId} and strpos(details::text, ${`tag:${name}`}) > 0`.execute(inSession(em));
    for (const value of values) {
      const inJson = JSON.stringify(value).slice(1, -1);
      if (rows.some(({ details }) => details.includes(inJson))) written.add(value);
    }
  }
  return written;
}
