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

/** Details as they can be stored: filters may hold texts that no call has, since jsonb takes neither NUL nor half a character. */
const storable = (details: Record<string, unknown>): string =>
  JSON.stringify(details, (_name, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\uFFFD') : value,
  );

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
    insert into audit_event (id, at, actor, subject, action, tenant_id, tenant_created_at, target, details)
    select ${id}, ${at.toISOString()}::timestamptz, ${actor}, ${subject}, ${action}, ${tenantId},
      (select created_at from tenant where tenant_id = ${tenantId}), ${target}, ${storable(details)}::jsonb`.execute(
    inSession(em),
  );
}

/** Whether the audit row with this id was committed. */
export async function hasAuditEvent(em: SqlEntityManager, id: string): Promise<boolean> {
  const { rows } = await sql`select from audit_event where id = ${id}`.execute(inSession(em));
  return rows.length > 0;
}

/** Position in the list of audit rows, which is sorted by time and then by id. */
export type AuditPlace = Pick<AuditEvent, 'at' | 'id'>;

/** Whose audit rows are listed: those of everybody that had the tenant's id, or only of the tenant that has it now. */
export interface AuditedTenant {
  tenantId: TenantId;
  sinceItsCreation: boolean;
}

/** Audit rows of a tenant, or all for superusers, newest first, with one row more than the page holds. */
export async function listAuditEvents(
  em: SqlEntityManager,
  tenant: AuditedTenant | undefined,
  page: Page<AuditPlace>,
): Promise<AuditEvent[]> {
  const { after } = page;
  const ofTenant = tenant ? sql`tenant_id = ${tenant.tenantId}` : sql`true`;
  const { rows } = await sql<Record<string, unknown>>`
    select * from audit_event
    where ${ofTenant}
      ${tenant?.sinceItsCreation ? sql`and tenant_created_at = (select created_at from tenant where ${ofTenant})` : sql``}
      ${after ? sql`and (at, id) < (${after.at.toISOString()}::timestamptz, ${after.id})` : sql``}
    order by at desc, id desc
    limit ${page.first + 1}`.execute(inSession(em));
  return rows.map((row) => em.map(AuditEventEntity, row));
}
