import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../../values/identifier.ts';
import { InvitationEntity, type Invitation } from './invitation.entity.ts';
import { inSession } from '../../database/session.ts';

const pendingAt = (now: Date) =>
  sql`accepted_at is null and revoked_at is null and expires_at > ${now.toISOString()}::timestamptz`;

/** Whether an e-mail address has a pending invitation of any tenant. */
export async function isInvited(em: SqlEntityManager, email: string, now: Date): Promise<boolean> {
  const { rows } = await sql`
    select 1 from invitation where email = ${email} and ${pendingAt(now)} limit 1`.execute(inSession(em));
  return rows.length > 0;
}

/** Accepts the oldest pending invitation of an e-mail address, of any tenant; undefined when there is none. */
export async function acceptInvitation(
  em: SqlEntityManager,
  email: string,
  now: Date,
): Promise<Invitation | undefined> {
  // Whoever waits for the row rechecks it once it is free, and finds it accepted or revoked.
  const { rows } = await sql<Record<string, unknown>>`
    update invitation set accepted_at = ${now.toISOString()}::timestamptz
    where id = (
      select id from invitation where email = ${email} and ${pendingAt(now)} order by created_at, id limit 1 for update)
    returning *`.execute(inSession(em));
  return rows[0] && em.map(InvitationEntity, rows[0]);
}

/** Until the commit nobody else can invite this e-mail address to the tenant, or to the platform when that is null. */
export async function lockInvitations(em: SqlEntityManager, tenantId: TenantId | null, email: string): Promise<void> {
  const name = JSON.stringify(['invitation', tenantId, email]);
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(inSession(em));
}

/** The pending invitation of an e-mail address to a tenant, or to the platform when that is null. */
export async function findPendingInvitation(
  em: SqlEntityManager,
  tenantId: TenantId | null,
  email: string,
  now: Date,
): Promise<Invitation | undefined> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from invitation
    where tenant_id is not distinct from ${tenantId} and email = ${email} and ${pendingAt(now)}
    limit 1`.execute(inSession(em));
  return rows[0] && em.map(InvitationEntity, rows[0]);
}

/** Pending invitations to a tenant, oldest first. */
export async function listPendingInvitations(
  em: SqlEntityManager,
  tenantId: TenantId,
  now: Date,
): Promise<Invitation[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from invitation
    where tenant_id = ${tenantId} and ${pendingAt(now)}
    order by created_at, id`.execute(inSession(em));
  return rows.map((row) => em.map(InvitationEntity, row));
}

export type NewInvitation = Omit<Invitation, symbol | 'acceptedAt' | 'revokedAt'>;

export async function insertInvitation(em: SqlEntityManager, invitation: NewInvitation): Promise<void> {
  const { id, tenantId, role, email, invitedBy, createdAt, expiresAt } = invitation;
  await sql`
    insert into invitation (id, tenant_id, role, email, invited_by, created_at, expires_at)
    values (${id}, ${tenantId}, ${role}, ${email}, ${invitedBy}, ${createdAt.toISOString()}, ${expiresAt.toISOString()})
  `.execute(inSession(em));
}

/** An invitation to a tenant, locked. For superusers, an undefined tenant means any tenant and the platform. */
export async function lockInvitation(
  em: SqlEntityManager,
  tenantId: TenantId | undefined,
  id: string,
): Promise<Invitation | undefined> {
  const { rows } = await sql<Record<string, unknown>>`
    select * from invitation
    where id = ${id} ${tenantId === undefined ? sql`` : sql`and tenant_id = ${tenantId}`}
    for update`.execute(inSession(em));
  return rows[0] && em.map(InvitationEntity, rows[0]);
}

/** Revokes an invitation that is neither accepted nor revoked. */
export async function markInvitationRevoked(
  em: SqlEntityManager,
  tenantId: TenantId | null,
  id: string,
  now: Date,
): Promise<void> {
  await sql`
    update invitation set revoked_at = ${now.toISOString()}::timestamptz
    where tenant_id is not distinct from ${tenantId} and id = ${id}`.execute(inSession(em));
}
