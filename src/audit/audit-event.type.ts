import { builder } from '../graphql/builder.ts';
import { connectionType } from '../graphql/connection.ts';
import type { AuditEvent } from './audit-event.entity.ts';

const AuditEventRef = builder.objectRef<AuditEvent>('AuditEvent').implement({
  description: 'Something that somebody did. Never changed, and kept when its tenant is deleted.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Id of the row.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When it was done.' }),
    actor: t.exposeString('actor', {
      description:
        'Who did it: "key:" and the id of the API key, "user:" and the id of the user, "cli" for the command line.',
    }),
    subject: t.exposeString('subject', {
      nullable: true,
      description: 'For whom, where it was not done in the own name; otherwise null.',
    }),
    action: t.exposeString('action', { description: 'What was done, such as "key.rotate".' }),
    tenantId: t.exposeID('tenantId', {
      nullable: true,
      description: 'Tenant that it was done in; null for the whole platform.',
    }),
    target: t.exposeString('target', { nullable: true, description: 'Id of what it was done to.' }),
    details: t.expose('details', {
      type: 'JSONObject',
      nullable: true,
      description:
        'What else is worth knowing; never a secret. Where something was changed, what was `old` and is `new`.',
    }),
  }),
});

export const AuditEventConnection = connectionType('AuditEvent', AuditEventRef);
