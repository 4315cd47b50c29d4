import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Page } from '../../graphql/connection.ts';
import type { TenantId } from '../../values/identifier.ts';
import type { Role } from '../../caller/principal.ts';
import { PortalUserEntity, type PortalUser } from './portal-user.entity.ts';
import { inSession, repeatably } from '../../database/session.ts';

/** A user by the `sub` of a token. A lookup without a tenant, since the user determines the tenant. */
export async function findPortalUser(em: SqlEntityManager, subject: string): Promise<PortalUser | null> {
  return repeatably(em, () => em.findOne(PortalUserEntity, { subject }));
}

/** Whether a user is a superuser now. */
export async function isSuperuser(em: SqlEntityManager, id: string): Promise<boolean> {
  return (await repeatably(em, () => em.findOne(PortalUserEntity, { id, role: 'SUPERUSER' }))) !== null;
}

/** Adds a user without a membership unless the subject exists, and locks the row until the commit. */
export async function insertAndLockPortalUser(
  em: SqlEntityManager,
  user: Pick<PortalUser, 'id' | 'subject' | 'email' | 'name'>,
): Promise<PortalUser> {
  await sql`
    insert into portal_user (id, subject, email, name)
    values (${user.id}, ${user.subject}, ${user.email}, ${user.name})
    on conflict (subject) do nothing`.execute(inSession(em));
  const { rows } = await sql<Record<string, unknown>>`
    select * from portal_user where subject = ${user.subject} for update`.execute(inSession(em));
  const [row] = rows;
  if (!row) throw new Error('A user who was just added must exist.');
  return em.map(PortalUserEntity, row);
}

/** Stores what a token says about a user. */
export async function updatePortalUser(
  em: SqlEntityManager,
  { id, email, name }: Pick<PortalUser, 'id' | 'email' | 'name'>,
): Promise<void> {
  await sql`update portal_user set email = ${email}, name = ${name} where id = ${id}`.execute(inSession(em));
}

/** Gives a user without a membership a role in a tenant, or one for all tenants when that is null. */
export async function addMembership(
  em: SqlEntityManager,
  tenantId: TenantId | null,
  id: string,
  role: Role,
): Promise<void> {
  await sql`
    update portal_user set tenant_id = ${tenantId}, role = ${role}
    where id = ${id} and role is null`.execute(inSession(em));
}

/** Whether a tenant, or the platform when that is null, has a user with this e-mail address. */
export async function hasUser(em: SqlEntityManager, tenantId: TenantId | null, email: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from portal_user
    where tenant_id is not distinct from ${tenantId} and email = ${email} and role is not null
    limit 1`.execute(inSession(em));
  return rows.length > 0;
}

/** Sort key of a user in a list. */
export interface PortalUserKey {
  email: string;
  id: string;
}

/**
 * Users by e-mail address, with one row more than the page holds: those of a tenant, or all, for superusers, when that is
 * undefined. A user without a membership shows as a member, as everywhere.
 */
export async function listPortalUsers(
  em: SqlEntityManager,
  tenantId: TenantId | undefined,
  role: Role | undefined,
  { first, after }: Page<PortalUserKey>,
): Promise<PortalUser[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from portal_user
    where true
      ${tenantId === undefined ? sql`` : sql`and tenant_id = ${tenantId}`}
      ${role === undefined ? sql`` : sql`and coalesce(role, 'TENANT_MEMBER') = ${role}`}
      ${after ? sql`and (email, id) > (${after.email}, ${after.id})` : sql``}
    order by email, id
    limit ${first + 1}`.execute(inSession(em));
  return rows.map((row) => em.map(PortalUserEntity, row));
}
