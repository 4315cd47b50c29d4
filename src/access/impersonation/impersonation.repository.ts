import { sql } from 'kysely';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../../values/identifier.ts';
import { ImpersonationEntity, type Impersonation } from './impersonation.entity.ts';
import { inSession, repeatably } from '../../database/session.ts';

/** An impersonation by the id in its token. A lookup without a tenant, since the token determines the tenant. */
export async function findImpersonationOfToken(em: SqlEntityManager, id: string): Promise<Impersonation | null> {
  return repeatably(em, () => em.findOne(ImpersonationEntity, { id }));
}

export async function findImpersonation(
  em: SqlEntityManager,
  tenantId: TenantId,
  id: string,
): Promise<Impersonation | null> {
  return repeatably(em, () => em.findOne(ImpersonationEntity, { tenantId, id }));
}

export type NewImpersonation = Omit<Impersonation, symbol | 'stoppedAt'>;

export async function insertImpersonation(em: SqlEntityManager, row: NewImpersonation): Promise<void> {
  const { id, tenantId, superuser, reason, tokenHash, startedAt, expiresAt } = row;
  await sql`
    insert into impersonation (id, tenant_id, superuser, reason, token_hash, started_at, expires_at)
    values (${id}, ${tenantId}, ${superuser}, ${reason}, ${tokenHash}, ${startedAt.toISOString()},
      ${expiresAt.toISOString()})`.execute(inSession(em));
}

/** Ends and returns the running impersonations of a superuser, or only the one with this id. */
export async function stopImpersonations(
  em: SqlEntityManager,
  superuser: string,
  id: string | undefined,
  now: Date,
): Promise<Pick<Impersonation, 'id' | 'tenantId'>[]> {
  const at = sql`${now.toISOString()}::timestamptz`;
  const { rows } = await sql<{ id: string; tenant_id: TenantId }>`
    update impersonation set stopped_at = ${at}
    where superuser = ${superuser} and expires_at > ${at} and stopped_at is null
      ${id === undefined ? sql`` : sql`and id = ${id}`}
    returning id, tenant_id`.execute(inSession(em));
  return rows.map((row) => ({ id: row.id, tenantId: row.tenant_id }));
}
