import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { TenantId } from '../platform/identifier.ts';
import { auditNames, type Principal } from '../platform/principal.ts';
import { inSession } from '../platform/session.ts';

export interface Act {
  /** What was done, such as "usage.void". */
  action: string;
  /** Tenant that it was done in; null for the whole platform. */
  tenantId: TenantId | null;
  /** What it was done to. */
  target: string;
  /** What else is worth knowing; never a secret. */
  details: Record<string, unknown>;
}

/** Writes down an act, in the transaction of the act itself. */
export async function insertAuditEvent(em: SqlEntityManager, principal: Principal, act: Act, at: Date): Promise<void> {
  const { action, tenantId, target, details } = act;
  const { actor, subject } = auditNames(principal);
  await sql`
    insert into audit_event (id, at, actor, subject, action, tenant_id, target, details)
    values (${uuidv7()}, ${at.toISOString()}, ${actor}, ${subject}, ${action}, ${tenantId}, ${target},
      ${JSON.stringify(details)})`.execute(inSession(em));
}
