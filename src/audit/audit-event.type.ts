import { builder } from '../graphql/builder.ts';
import { connectionType } from '../graphql/connection.ts';
import type { AuditEvent } from './audit-event.entity.ts';

const AuditEventRef = builder.objectRef<AuditEvent>('AuditEvent').implement({
  description:
    'A record of one administrative act. It never changes, but for a pseudonym in the place of somebody who is erased, and it stays when its tenant is deleted.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the event.' }),
    at: t.expose('at', { type: 'DateTime', description: 'Time of the act.' }),
    actor: t.exposeString('actor', {
      description:
        'Who acted: "key:" and the id of an API key, "user:" and the id of a user, or "cli" for the command line.',
    }),
    subject: t.exposeString('subject', {
      nullable: true,
      description:
        'On whose behalf, such as "tenant:acme" under an impersonation; null when the actor acted for itself.',
    }),
    action: t.exposeString('action', { description: 'Name of the act, such as "key.rotate".' }),
    tenantId: t.exposeID('tenantId', {
      nullable: true,
      description: 'Tenant in which it happened; null for the platform.',
    }),
    target: t.exposeString('target', {
      nullable: true,
      description: 'Id of the object of the act, such as a key or an agent.',
    }),
    details: t.expose('details', {
      type: 'JSONObject',
      nullable: true,
      description: 'Further details, never a secret. A changed field has its `old` and its `new` value.',
    }),
  }),
});

export const AuditEventConnection = connectionType('AuditEvent', AuditEventRef);
