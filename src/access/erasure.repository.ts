import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Person, PersonErasure } from '../audit/person-erasure.ts';
import { inSession } from '../database/session.ts';
import type { TenantId } from '../values/identifier.ts';
import { emailAddress } from './people/email-address.ts';

/** Portal users of a tenant whose id, subject or e-mail address is that of the user whom calls name. */
export async function findAccounts(
  em: SqlEntityManager,
  tenantId: TenantId,
  userId: string,
): Promise<Person['accounts']> {
  const { rows } = await sql<Person['accounts'][number]>`
    select id, subject, email from portal_user
    where tenant_id = ${tenantId}
      and (id = ${userId} or 'user:' || id = ${userId} or subject = ${userId} or email = ${emailAddress(userId) ?? userId})
    order by id`.execute(inSession(em));
  return rows;
}

/** Deletes the portal users and the invitations of the person; keys and impersonations stay, without the name. */
export const accessErasure: PersonErasure = {
  async erase(em, { tenantId, userId, accounts, names, pseudonym }) {
    const ids = accounts.map(({ id }) => id);
    const emails = [emailAddress(userId), ...accounts.map(({ email }) => email)].filter(Boolean);
    const ofTenant = sql`tenant_id = ${tenantId}`;
    await sql`delete from portal_user where ${ofTenant} and id = any(${ids}::text[])`.execute(inSession(em));
    await sql`delete from invitation where ${ofTenant} and email = any(${emails}::text[])`.execute(inSession(em));
    const called = sql`${names}::text[], ${pseudonym}`;
    for (const id of ids)
      await sql`
        update invitation set invited_by = ${`user:${pseudonym}`}
        where ${ofTenant} and invited_by = ${`user:${id}`}`.execute(inSession(em));
    await sql`
      update api_key set name = without_names(name, ${called})
      where ${ofTenant} and name <> without_names(name, ${called})`.execute(inSession(em));
    await sql`
      update impersonation set reason = without_names(reason, ${called})
      where ${ofTenant} and reason <> without_names(reason, ${called})`.execute(inSession(em));
  },
};
