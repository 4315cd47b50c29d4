import { defineEntity, p, type InferEntity } from '@mikro-orm/postgresql';
import type { TenantId } from '../values/identifier.ts';
import { ownRows } from '../database/row-level-security.ts';

/** Something that somebody did. Rows are only ever added, in the transaction of the act; erasing a person puts a pseudonym into them. */
export const AuditEventEntity = defineEntity({
  name: 'AuditEvent',
  tableName: 'audit_event',
  ...ownRows,
  indexes: [
    { name: 'audit_event_newest_first', properties: ['tenantId', 'at', 'id'] },
    { name: 'audit_event_all_newest_first', properties: ['at', 'id'] },
  ],
  properties: {
    id: p.text().collation('C').primary(),
    at: p.datetime(3),
    actor: p.text().collation('C'),
    /** For whom, where it is not the actor. */
    subject: p.text().collation('C').nullable(),
    action: p.text().collation('C'),
    tenantId: p.text().$type<TenantId>().collation('C').nullable(),
    /** When the tenant was created that had the id then, or null for the act that deleted it. */
    tenantCreatedAt: p.datetime(3).nullable(),
    target: p.text().nullable(),
    details: p.json<Record<string, unknown>>().nullable(),
  },
});

export type AuditEvent = InferEntity<typeof AuditEventEntity>;
