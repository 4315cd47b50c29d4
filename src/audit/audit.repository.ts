import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { Page } from '../graphql/connection.ts';
import type { TenantId } from '../values/identifier.ts';
import { auditNames, type Principal } from '../caller/principal.ts';
import { inSession } from '../database/session.ts';
import { AuditEventEntity, type AuditEvent } from './audit-event.entity.ts';

export interface Act {
  /** Name of the act, such as "usage.void". */
  action: string;
  /** Tenant in which it happens; null for the platform. */
  tenantId: TenantId | null;
  /** Id of its object. */
  target: string;
  /** Further details, never a secret. */
  details: Record<string, unknown>;
}

/** Writes the audit row of an act, in the transaction of the act itself. */
export async function insertAuditEvent(
  em: SqlEntityManager,
  principal: Principal,
  act: Act,
  at: Date,
  id: string = uuidv7(),
): Promise<void> {
  const { action, tenantId, target, details } = act;
  const { actor, subject } = auditNames(principal);
  await sql`
    insert into audit_event (id, at, actor, subject, action, tenant_id, target, details)
    values (${id}, ${at.toISOString()}, ${actor}, ${subject}, ${action}, ${tenantId}, ${target},
      ${JSON.stringify(details)})`.execute(inSession(em));
}

/** Whether the audit row with this id was committed. */
export async function hasAuditEvent(em: SqlEntityManager, id: string): Promise<boolean> {
  const { rows } = await sql`select from audit_event where id = ${id}`.execute(inSession(em));
  return rows.length > 0;
}

/** Position in the list of audit rows, which is sorted by time and then by id. */
export type AuditPlace = Pick<AuditEvent, 'at' | 'id'>;

/** Audit rows of a tenant, or all for superusers, newest first, with one row more than the page holds. */
export async function listAuditEvents(
  em: SqlEntityManager,
  tenantId: TenantId | undefined,
  page: Page<AuditPlace>,
): Promise<AuditEvent[]> {
  const { after } = page;
  const { rows } = await sql<Record<string, unknown>>`
    select * from audit_event
    where ${tenantId === undefined ? sql`true` : sql`tenant_id = ${tenantId}`}
      ${after ? sql`and (at, id) < (${after.at.toISOString()}::timestamptz, ${after.id})` : sql``}
    order by at desc, id desc
    limit ${page.first + 1}`.execute(inSession(em));
  return rows.map((row) => em.map(AuditEventEntity, row));
}
