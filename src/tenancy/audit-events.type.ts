import { listAuditEvents, type AuditPlace } from '../audit/audit.repository.ts';
import { AuditEventConnection } from '../audit/audit-event.type.ts';
import { builder } from '../graphql/builder.ts';
import { cursorTime, pageArgs, readPage, toConnection, type Page, type PageArgs } from '../graphql/connection.ts';
import { isLeftOut, targetTenant } from '../caller/principal.ts';
import { tenantLoader } from './tenant.loader.ts';

// Here and not in the audit room, which does not know tenants.
builder.queryField('auditEvents', (t) =>
  t.field({
    type: AuditEventConnection,
    description:
      'Audit events of a tenant, newest first. For its admins and superusers. Only these see the events of a deleted tenant that had the same id.',
    args: {
      tenantId: t.arg.id({
        description:
          'Tenant of the events; your own when left out. For superusers it may be a deleted one, and leaving it out lists all events.',
      }),
      ...pageArgs(),
    },
    authScopes: (_parent, args) => ({ readAdministration: args.tenantId }),
    resolve: async (_parent, args, context) => {
      const page = readAuditPage(args);
      const { readPlatform } = context.scopes;
      const tenant =
        readPlatform && isLeftOut(args.tenantId) ? undefined : targetTenant(context.principal, args.tenantId);
      const asked = tenant === undefined ? undefined : { tenantId: tenant, sinceItsCreation: !readPlatform };
      const events = await listAuditEvents(context.em, asked, page);
      // A deleted tenant still has events; a tenant that never existed is not found.
      if (tenant !== undefined && events.length === 0 && !page.after) await context.once(tenantLoader).load(tenant);
      return toConnection(events, page, ({ at, id }) => [at.toISOString(), id]);
    },
  }),
);

function readAuditPage(args: PageArgs): Page<AuditPlace> {
  const { first, after } = readPage(args, 2);
  if (!after) return { first, after: undefined };
  const [time = '', id = ''] = after;
  return { first, after: { at: cursorTime(time), id } };
}
